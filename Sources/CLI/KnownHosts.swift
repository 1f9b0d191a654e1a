import Contracts
import HubAPI

/// Host keys as `ssh` reads them (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), and what is left out.
struct KnownHosts {
    /// The file: one line for each trusted key.
    private(set) var text = ""
    /// Keys that are not in it, and names that are not, for the operator.
    private(set) var warnings: [String] = []

    /// - Parameter onlyApproved: the first keys that a machine showed are not enough.
    init(_ keys: [HostKeyAnswer], onlyApproved: Bool) {
        var withheld: [String: [String]] = [:]
        var machines: [String] = []
        for key in keys {
            if withheld[key.machine] == nil {
                withheld[key.machine] = key.withheldNames
                machines.append(key.machine)
            }
            guard key.status == .approved || (key.status == .firstSeen && !onlyApproved) else {
                warnings.append(Self.reason(key).printable)
                continue
            }
            guard !key.names.isEmpty else { continue }
            text += "\(key.names.joined(separator: ",")) \(key.type) \(key.publicKey)\n"
        }
        for machine in machines {
            guard let names = withheld[machine], !names.isEmpty else { continue }
            let verb = names.count == 1 ? "is no name of one machine alone" : "are no names of one machine alone"
            warnings.append("\(machine): \(names.joined(separator: ", ")) \(verb), and left out".printable)
        }
    }

    private static func reason(_ key: HostKeyAnswer) -> String {
        let name = "\(key.machine): \(key.type) \(key.fingerprint)"
        let advice =
            "compare it on the machine's console, then vigie host-keys approve \(key.machine) \(key.fingerprint)"
        return switch key.status {
        case .approved, .firstSeen: "\(name) is not approved, and left out"
        case .changed: "\(name) is not the key that was known, and left out; \(advice)"
        case .added: "\(name) came later than the machine's first keys, and is left out; \(advice)"
        case .invalid: "\(name) is no such key, and left out"
        }
    }
}
