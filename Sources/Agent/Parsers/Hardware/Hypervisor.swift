/// Which hypervisor a machine runs under, by what it says of itself; in the words of systemd-detect-virt(1), whose
/// tables (systemd, src/basic/virt.c) these are.
enum Hypervisor {
    /// The twelve characters of CPUID leaf 0x40000000.
    static func named(_ signature: String) -> String? {
        switch signature {
        case "XenVMMXenVMM": "xen"
        case "KVMKVMKVM", "Linux KVM Hv": "kvm"
        case "TCGTCGTCGTCG": "qemu"
        case "VMwareVMware": "vmware"
        case "Microsoft Hv": "microsoft"
        case "bhyve bhyve ": "bhyve"
        case "QNXQVMBSQG": "qnx"
        case "ACRNACRNACRN": "acrn"
        case "SRESRESRESRE": "sre"
        case "Apple VZ": "apple"
        case "VBoxVBoxVBox": "oracle"
        case "prl hyperv", " prl hyperv ": "parallels"
        default: nil
        }
    }

    /// Clock sources that only a hypervisor offers, for roots whose CPU cannot be asked.
    static func named(clocks: String) -> String? {
        let clocks = clocks.words
        if clocks.contains("kvm-clock") { return "kvm" }
        if clocks.contains("xen") { return "xen" }
        if clocks.contains(where: { $0.hasPrefix("hyperv_") }) { return "microsoft" }
        return nil
    }

    /// The first DMI text that begins with a hypervisor's name.
    static func named(inDMI texts: [String]) -> String? {
        for text in texts {
            for (prefix, name) in vendors where text.hasPrefix(prefix) { return name }
        }
        return nil
    }

    /// Those that DMI tells better than CPUID.
    static let trustedDMI: Set<String> = ["oracle", "xen", "amazon", "parallels", "google"]

    private static let vendors = [
        ("KVM", "kvm"), ("OpenStack", "kvm"), ("KubeVirt", "kvm"), ("Amazon EC2", "amazon"), ("QEMU", "qemu"),
        ("VMware", "vmware"), ("VMW", "vmware"), ("innotek GmbH", "oracle"), ("VirtualBox", "oracle"),
        ("Oracle Corporation", "oracle"), ("Xen", "xen"), ("Bochs", "bochs"), ("Parallels", "parallels"),
        ("BHYVE", "bhyve"), ("Hyper-V", "microsoft"), ("Apple Virtualization", "apple"),
        ("Google Compute Engine", "google"),
    ]
}
