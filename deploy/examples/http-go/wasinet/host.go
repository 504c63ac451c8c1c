// Package wasinet gives Go programs for GOOS=wasip1 the network: TCP listeners and connections that are the
// net package's own, made over the host's socket functions (module wasi_snapshot_preview1, as WasmEdge defines
// them). The runtime's poller waits for them, so a goroutine that waits holds up no other.
package wasinet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"
)

//go:wasmimport wasi_snapshot_preview1 sock_open
func sockOpen(family, kind uint32, fd unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 sock_bind
func sockBind(fd uint32, address unsafe.Pointer, port uint32) uint32

//go:wasmimport wasi_snapshot_preview1 sock_listen
func sockListen(fd, backlog uint32) uint32

//go:wasmimport wasi_snapshot_preview1 sock_connect
func sockConnect(fd uint32, address unsafe.Pointer, port uint32) uint32

//go:wasmimport wasi_snapshot_preview1 sock_getsockopt
func sockGetsockopt(fd, level, name uint32, value, size unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 sock_setsockopt
func sockSetsockopt(fd, level, name uint32, value unsafe.Pointer, size uint32) uint32

//go:wasmimport wasi_snapshot_preview1 sock_getlocaladdr
func sockGetlocaladdr(fd uint32, address, port unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 sock_getpeeraddr
func sockGetpeeraddr(fd uint32, address, port unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 sock_getaddrinfo
func sockGetaddrinfo(node unsafe.Pointer, nodeSize uint32, service unsafe.Pointer, serviceSize uint32,
	hints, results unsafe.Pointer, max uint32, count unsafe.Pointer) uint32

const (
	inet4       = 1
	inet6       = 2
	stream      = 2
	levelSocket = 0
	reuseAddr   = 0
	sockError   = 2
)

// What the host reads and writes; here, since variables of the package stay where they are.
var (
	word    uint32
	size    uint32
	address struct{ bytes, size uint32 }
	data    [128]byte // the family, then the IP address
)

func at[T any](value *T) uint32 { return uint32(uintptr(unsafe.Pointer(value))) }

func result(error uint32) error {
	if error == 0 {
		return nil
	}
	return syscall.Errno(error)
}

func pointAddress() unsafe.Pointer {
	address.bytes, address.size = at(&data), uint32(len(data))
	return unsafe.Pointer(&address)
}

func putAddress(ip netip.Addr) unsafe.Pointer {
	data = [128]byte{}
	binary.LittleEndian.PutUint16(data[:], uint16(family(ip)))
	copy(data[2:], ip.AsSlice())
	return pointAddress()
}

func family(ip netip.Addr) uint32 {
	if ip.Is4() {
		return inet4
	}
	return inet6
}

// tell asks for the address of a socket: its own, or its peer's.
func tell(ask func(uint32, unsafe.Pointer, unsafe.Pointer) uint32, fd uint32) netip.AddrPort {
	if ask(fd, pointAddress(), unsafe.Pointer(&word)) != 0 {
		return netip.AddrPort{}
	}
	ip := netip.AddrFrom16([16]byte(data[2:18]))
	if binary.LittleEndian.Uint16(data[:]) == inet4 {
		ip = netip.AddrFrom4([4]byte(data[2:6]))
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(word))
}

// newSocket makes a stream socket that does not block.
func newSocket(ip netip.Addr) (uint32, error) {
	if err := result(sockOpen(family(ip), stream, unsafe.Pointer(&word))); err != nil {
		return 0, err
	}
	fd := word
	if err := syscall.SetNonblock(int(fd), true); err != nil {
		syscall.Close(int(fd))
		return 0, err
	}
	return fd, nil
}

// The list that getaddrinfo fills: nodes of 28 bytes, each with a sockaddr of 12 and 26 bytes of data.
const maxResults = 8

type addrinfo struct {
	flags                            uint16
	family, kind, protocol           uint8
	_                                [3]uint8
	size, address, name, nameSize, next uint32
}

type sockaddr struct {
	family     uint8
	_          [3]uint8
	size, data uint32
}

var (
	nodes     [maxResults]addrinfo
	sockaddrs [maxResults]sockaddr
	contents  [maxResults][26]byte
	hints     addrinfo
	first     uint32
	text      [256]byte
)

// Lookup returns the addresses of a host, by the container's /etc/hosts and /etc/resolv.conf. The whole
// program waits for the answer.
func Lookup(host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	if len(host) >= len(text) {
		return nil, fmt.Errorf("lookup: name of %d bytes", len(host))
	}
	for i := range nodes {
		sockaddrs[i] = sockaddr{size: 26, data: at(&contents[i])}
		nodes[i] = addrinfo{address: at(&sockaddrs[i])}
		if i > 0 {
			nodes[i-1].next = at(&nodes[i])
		}
	}
	hints = addrinfo{kind: stream}
	first = at(&nodes[0])
	copy(text[:], host+"\x00")
	code := sockGetaddrinfo(unsafe.Pointer(&text), uint32(len(host)+1), nil, 0, unsafe.Pointer(&hints),
		unsafe.Pointer(&first), maxResults, unsafe.Pointer(&word))
	if code != 0 {
		return nil, fmt.Errorf("lookup %s: error %d", host, code)
	}
	found := make([]netip.Addr, 0, word)
	for i := range nodes[:word] {
		if sockaddrs[i].family == inet4 {
			found = append(found, netip.AddrFrom4([4]byte(contents[i][2:6])))
		} else {
			found = append(found, netip.AddrFrom16([16]byte(contents[i][6:22])))
		}
	}
	return found, nil
}
