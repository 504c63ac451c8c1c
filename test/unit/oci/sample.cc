#include "test/unit/oci/sample.h"

namespace wasmedge::oci {

nlohmann::json sample_config() {
  return nlohmann::json::parse(R"json({
    "ociVersion": "1.1.0",
    "root": {"path": "rootfs", "readonly": true},
    "hostname": "c1", "domainname": "example",
    "process": {
      "terminal": false,
      "user": {"uid": 1000, "gid": 1001, "additionalGids": [5, 6], "umask": 63},
      "args": ["/app/hello.wasm", "--x"],
      "env": ["PATH=/bin", "A=b"],
      "cwd": "/srv",
      "capabilities": {
        "bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN"],
        "inheritable": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]},
      "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 4096}],
      "noNewPrivileges": true,
      "apparmorProfile": "p", "selinuxLabel": "l", "oomScoreAdj": -5
    },
    "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
      {"destination": "/data", "source": "/srv", "options": ["rbind", "ro"]}],
    "hooks": {
      "prestart": [{"path": "/bin/h", "args": ["h", "1"], "env": ["X=1"], "timeout": 5}],
      "createRuntime": [{"path": "/bin/h"}], "createContainer": [{"path": "/bin/h"}],
      "startContainer": [{"path": "/bin/h"}], "poststart": [{"path": "/bin/h"}],
      "poststop": [{"path": "/bin/h"}]},
    "annotations": {"k": "v"},
    "linux": {
      "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "uts"}, {"type": "user"},
                     {"type": "network", "path": "/proc/1/ns/net"}],
      "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
      "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
      "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229,
                   "fileMode": 438, "uid": 1, "gid": 2}],
      "cgroupsPath": "/default/c1",
      "resources": {
        "memory": {"limit": 67108864, "reservation": 33554432, "swap": 134217728,
                   "swappiness": 10, "disableOOMKiller": true},
        "cpu": {"shares": 512, "quota": 50000, "period": 100000, "cpus": "0-1", "mems": "0"},
        "pids": {"limit": 100},
        "blockIO": {"weight": 500,
          "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1048576}],
          "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 1048576}],
          "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 100}],
          "throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 100}]},
        "devices": [{"allow": false, "access": "rwm"},
                    {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}],
        "hugepageLimits": [{"pageSize": "2MB", "limit": 0}],
        "unified": {"memory.high": "1000000"}},
      "rootfsPropagation": "rslave",
      "seccomp": {
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
        "architectures": ["SCMP_ARCH_X86_64"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1,
                      "args": [{"index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_EQ"}]}]},
      "sysctl": {"net.ipv4.ip_forward": "1"},
      "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
      "mountLabel": "m"
    }
  })json");
}

}  // namespace wasmedge::oci
