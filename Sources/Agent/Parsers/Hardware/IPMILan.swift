import Contracts

/// What `ipmitool lan print` says of a management controller's network: `Name : value`, a line each.
enum IPMILan {
    /// The controller's address; nil for one that has none, and where nothing is said of it.
    static func address(_ text: String) -> String? {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].trimmed == "IP Address" else { continue }
            let value = line[line.index(after: colon)...].trimmed
            guard let bytes = IPAddress.ipv4(value), bytes.contains(where: { $0 != 0 }) else { return nil }
            return value
        }
        return nil
    }
}
