import Contracts

/// The shares of a machine's file systems over some snapshots, from the texts of `host_metrics.filesystems_json`.
struct FilesystemShares {
    /// Least, mean and most of what was known.
    struct Figure: Equatable {
        var least: Double?
        var most: Double?
        private var sum = 0.0
        private var count = 0

        var mean: Double? { count > 0 ? sum / Double(count) : nil }

        mutating func add(_ value: Double) {
            least = min(least ?? value, value)
            most = max(most ?? value, value)
            sum += value
            count += 1
        }
    }

    struct Filesystem: Equatable {
        var samples = 0
        var used = Figure()
        var inodes = Figure()
    }

    /// By mount point.
    private(set) var filesystems: [String: Filesystem] = [:]

    /// Adds what one snapshot said; a text that is no such list adds nothing.
    mutating func add(_ text: String) {
        guard let entries = (try? StrictJSON.read(Array(text.utf8)))?.root.arrayValue else { return }
        for entry in entries {
            guard let values = entry.arrayValue, values.count == 3, let mountPoint = values[0].stringValue else {
                continue
            }
            var filesystem = filesystems[mountPoint] ?? Filesystem()
            filesystem.samples += 1
            if let used = values[1].numberValue { filesystem.used.add(used) }
            if let inodes = values[2].numberValue { filesystem.inodes.add(inodes) }
            filesystems[mountPoint] = filesystem
        }
    }
}

extension JSONValue {
    /// A number as a double.
    var numberValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
