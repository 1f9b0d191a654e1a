import Contracts

/// The mounts of this machine that are of interest: on devices of their own, not hidden, not a container's.
enum MountTable {
    /// PID 1's view: the agent's own is that of its sandbox.
    static func read(_ host: Host, _ findings: inout Findings, unknown pointer: String) -> (String, [UInt8]?) {
        let path = "/proc/1/mountinfo"
        if let bytes = try? host.bytes(path) { return (path, bytes) }
        let own = "/proc/self/mountinfo"
        return (own, findings.bytes(host, own, unknown: pointer))
    }

    /// File systems without a device or a server behind them, and what lies over others.
    static func isPseudo(_ type: String) -> Bool { pseudo.contains(type) }

    private static let pseudo: Set<String> = [
        "autofs", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs", "devpts",
        "devtmpfs", "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fuse.snapfuse", "fusectl", "hugetlbfs",
        "iso9660", "mqueue", "none", "nfsd", "nsfs", "overlay", "pipefs", "proc", "pstore", "ramfs", "resctrl",
        "rootfs", "rpc_pipefs", "securityfs", "selinuxfs", "smackfs", "sockfs", "squashfs", "sysfs", "tmpfs", "tracefs",
        "udf", "usbfs", "aufs", "fuse.fuse-overlayfs", "fuse.proxmox-file-restore", "fuse",
    ]

    /// Served by somebody else, who may be gone.
    static func isRemote(_ type: String) -> Bool {
        remote.contains(type) || type.hasPrefix("nfs") || type.hasPrefix("fuse.")
    }

    private static let remote: Set<String> = [
        "9p", "afs", "ceph", "cifs", "coda", "davfs", "glusterfs", "lustre", "ncpfs", "smb3", "smbfs", "virtiofs",
    ]

    /// Without mounts that a later one covers, and without those that engines make for their containers.
    static func visible(_ mounts: [Mount]) -> [Mount] {
        var last: [String: Int] = [:]
        for (index, mount) in mounts.enumerated() { last[mount.mountPoint] = index }
        return mounts.enumerated().filter { index, mount in
            last[mount.mountPoint] == index
                && !containerPlaces.contains { mount.mountPoint.hasPrefix($0) }
                && (mount.root == "/" || hasSubvolumes(mount.type) || mount.mountPoint == "/")
        }.map(\.element)
    }

    /// Bind mounts show a directory as their root; these show a subvolume in the same place.
    private static func hasSubvolumes(_ type: String) -> Bool { type == "btrfs" || type == "bcachefs" }

    private static let containerPlaces = [
        "/var/lib/docker/", "/var/lib/containers/", "/var/lib/containerd/", "/run/containerd/", "/run/docker/",
        "/run/netns/", "/var/lib/kubelet/pods/", "/var/lib/lxc/", "/var/lib/lxd/", "/var/lib/incus/", "/snap/",
        "/var/snap/", "/run/credentials/", "/var/lib/machines/", "/run/user/",
    ]

    /// Each device once: the shortest mount point stands for all of it, which is where it was mounted first.
    static func onePerDevice(_ mounts: [Mount]) -> [Mount] {
        var chosen: [String: Mount] = [:]
        for mount in mounts {
            // Datasets of ZFS and shares of servers have no device number of their own use.
            let key = mount.major == 0 ? "\(mount.type) \(mount.source)" : "\(mount.major):\(mount.minor)"
            if let other = chosen[key], !isBetter(mount, other) { continue }
            chosen[key] = mount
        }
        return chosen.values.sorted { $0.mountPoint < $1.mountPoint }
    }

    private static func isBetter(_ mount: Mount, _ other: Mount) -> Bool {
        (mount.mountPoint.utf8.count, mount.mountPoint) < (other.mountPoint.utf8.count, other.mountPoint)
    }
}
