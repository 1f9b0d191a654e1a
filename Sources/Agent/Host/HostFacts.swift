import Contracts
import Transport

/// What the head of every envelope says of this machine.
struct HostFacts {
    /// Name, hints of identity, and the kernel's id of this boot (`unknown` where it does not say).
    static func read(_ host: Host) -> (HostIdentity, bootID: String) {
        let name = host.line("/proc/sys/kernel/hostname") ?? firstName(host.line("/etc/hostname")) ?? "localhost"
        var identity = HostIdentity(hostname: String(name.prefix(253)))
        identity.machineIDHint = hint(host.line("/etc/machine-id") ?? host.line("/var/lib/dbus/machine-id"))
        identity.productUUIDHint = hint(host.line("/sys/class/dmi/id/product_uuid"))
        return (identity, bootID: host.line("/proc/sys/kernel/random/boot_id") ?? "unknown")
    }

    /// machine-id(5): an application never gives the id itself away but a keyed hash of it. Nil where there is no id of
    /// 128 bits, or one that many machines share because nobody set it.
    static func hint(_ text: String?) -> String? {
        guard let text, let id = Hexadecimal.decode(text.split(separator: "-").joined()), id.count == 16,
            Set(id).count > 1, !sharedUUIDs.contains(Hexadecimal.encode(id))
        else { return nil }
        return Hexadecimal.encode(SHA256.hmac(key: id, message: Array(Vigie.hintKey.utf8)))
    }

    /// UUIDs that boards leave their factory with.
    private static let sharedUUIDs: Set<String> = [
        "03000200040005000006000700080009", "fefefefefefefefefefefefefefefefe", "12345678123456789012123456789012",
        "00020003000400050006000700080009",
    ]

    /// hostname(5) allows comments.
    private static func firstName(_ text: String?) -> String? {
        text?.split(separator: "\n").map { $0.trimmed }.first { !$0.isEmpty && !$0.hasPrefix("#") }
    }
}
