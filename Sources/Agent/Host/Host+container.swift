extension Host {
    /// The manager of the container that this machine is, in the words of systemd-detect-virt(1); nil for machines of
    /// their own.
    var containerManager: String? {
        // PID 1 writes it there for those who may not read its environment.
        for path in ["/run/systemd/container", "/run/host/container-manager"] {
            if let name = line(path) { return name }
        }
        if let environment = try? bytes("/proc/1/environ", limit: 65_536) {
            for entry in environment.split(separator: 0) where entry.starts(with: "container=".utf8) {
                let name = String(cleaning: entry.dropFirst(10))
                // "oci" says no more than that it is a container.
                if !name.isEmpty, name != "oci" { return name }
            }
        }
        if !isInFirstProcessNamespace {
            if exists("/run/.containerenv") { return "podman" }
            if exists("/.dockerenv") { return "docker" }
        }
        if exists("/proc/vz"), !exists("/proc/bc") { return "openvz" }
        if let release = line("/proc/sys/kernel/osrelease"), release.contains("Microsoft") || release.contains("WSL") {
            return "wsl"
        }
        return nil
    }

    /// Whether this is the namespace that the kernel booted with (`PROC_PID_INIT_INO` of linux/proc_ns.h): a machine
    /// made from a container's image keeps the marker files, and still is a machine.
    private var isInFirstProcessNamespace: Bool { link("/proc/self/ns/pid") == "pid:[4026531836]" }
}
