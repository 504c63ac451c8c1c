package wasinet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// Listen is net.Listen for "tcp" and addresses like ":8080" and "127.0.0.1:8080".
func Listen(network, where string) (net.Listener, error) {
	host, port, err := split(where)
	if err != nil {
		return nil, err
	}
	ip := netip.IPv6Unspecified() // IPv4 too
	if host != "" {
		ips, err := Lookup(host)
		if err != nil {
			return nil, err
		}
		ip = ips[0]
	}
	fd, err := newSocket(ip)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close() // the listener has its own hold on it
	word = 1
	sockSetsockopt(fd, levelSocket, reuseAddr, unsafe.Pointer(&word), 4)
	if err := result(sockBind(fd, putAddress(ip), port)); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := result(sockListen(fd, 1024)); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	made, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	return &listener{made, net.TCPAddrFromAddrPort(tell(sockGetlocaladdr, fd))}, nil
}

// Dial is net.Dial for "tcp".
func Dial(network, where string) (net.Conn, error) {
	return DialContext(context.Background(), network, where)
}

// DialContext is what http.Transport wants. It tries each address of the host.
func DialContext(ctx context.Context, network, where string) (net.Conn, error) {
	host, port, err := split(where)
	if err != nil {
		return nil, err
	}
	ips, err := Lookup(host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		var made net.Conn
		if made, err = dial(ctx, ip, port); err == nil {
			return made, nil
		}
	}
	return nil, fmt.Errorf("dial %s: %w", where, err)
}

func dial(ctx context.Context, ip netip.Addr, port uint32) (net.Conn, error) {
	fd, err := newSocket(ip)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "connection")
	defer file.Close()
	if deadline, ok := ctx.Deadline(); ok {
		file.SetWriteDeadline(deadline)
	}
	err = result(sockConnect(fd, putAddress(ip), port))
	if err == syscall.EINPROGRESS {
		err = finish(file)
	}
	if err != nil {
		return nil, err
	}
	made, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	return named(made)
}

// finish waits for a connection under way, and tells how it went.
func finish(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	waited := false
	err = raw.Write(func(fd uintptr) bool {
		if !waited {
			waited = true
			return false // to be called again once it is writable
		}
		size = 4
		failed = result(sockGetsockopt(uint32(fd), levelSocket, sockError, unsafe.Pointer(&word), unsafe.Pointer(&size)))
		if failed == nil {
			failed = result(word)
		}
		return true
	})
	if err != nil {
		return err
	}
	return failed
}

func split(where string) (string, uint32, error) {
	host, text, err := net.SplitHostPort(where)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return host, uint32(port), err
}

// The net package's listener and connection, which know no addresses here.
type listener struct {
	net.Listener
	local net.Addr
}

func (l *listener) Addr() net.Addr { return l.local }

func (l *listener) Accept() (net.Conn, error) {
	made, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return named(made)
}

type conn struct {
	*net.TCPConn
	local, remote net.Addr
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func named(made net.Conn) (net.Conn, error) {
	tcp := made.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	named := &conn{TCPConn: tcp}
	err = raw.Control(func(fd uintptr) {
		named.local = net.TCPAddrFromAddrPort(tell(sockGetlocaladdr, uint32(fd)))
		named.remote = net.TCPAddrFromAddrPort(tell(sockGetpeeraddr, uint32(fd)))
	})
	return named, err
}
