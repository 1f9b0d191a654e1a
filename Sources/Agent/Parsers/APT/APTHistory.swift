import Contracts

/// APT's log of what it did, `/var/log/apt/history.log`: stanzas that pkgDPkgPM writes, with times in local time.
enum APTHistory {
    /// `2026-05-20  16:27:19`, local time without a zone.
    struct LocalTime: Equatable {
        var year: Int
        var month: Int
        var day: Int
        var hour: Int
        var minute: Int
        var second: Int

        init?(_ text: String) {
            let numbers = text.split { !($0 >= "0" && $0 <= "9") }.compactMap { Int($0) }
            guard numbers.count == 6, (1970...9999).contains(numbers[0]), (1...12).contains(numbers[1]),
                numbers[2] >= 1, numbers[2] <= CivilDate.daysIn(month: numbers[1], year: numbers[0]),
                numbers[3] < 24, numbers[4] < 60, numbers[5] <= 60
            else { return nil }
            (year, month, day) = (numbers[0], numbers[1], numbers[2])
            (hour, minute, second) = (numbers[3], numbers[4], numbers[5])
        }

        /// Read as if it were UTC.
        var asUTC: Timestamp {
            let days = CivilDate.toDays(year: year, month: month, day: day)
            return Timestamp(seconds: days * 86_400 + Int64(hour * 3600 + minute * 60 + second))
        }
    }

    struct Defect: Equatable {
        var line: Int
        var reason: String
    }

    /// The log's field names and the operations that they stand for, in the order in which APT writes them.
    private static let operations: [(field: StaticString, operation: String)] = [
        ("Install", "install"), ("Reinstall", "reinstall"), ("Upgrade", "upgrade"), ("Downgrade", "downgrade"),
        ("Remove", "remove"), ("Purge", "purge"),
    ]

    /// All transactions of one file, as written; `zone` turns local time into UTC.
    static func transactions(
        _ bytes: [UInt8], zone: (LocalTime) -> Timestamp
    ) -> (transactions: [APTV1.Transaction], defects: [Defect]) {
        var transactions: [APTV1.Transaction] = []
        var defects: [Defect] = []
        func note(_ line: Int, _ reason: String) {
            if defects.count < 20 { defects.append(Defect(line: line, reason: reason)) }
        }
        // A line that APT has not written to its end yet would name a version cut short, for ever.
        let whole = bytes.last == 0x0A ? bytes : Array(bytes.prefix((bytes.lastIndex(of: 0x0A) ?? -1) + 1))
        let malformed = Deb822.forEach(in: whole) { stanza in
            guard let started = stanza["Start-Date"].flatMap(LocalTime.init) else {
                note(stanza.line, "has no valid Start-Date")
                return true
            }
            var transaction = APTV1.Transaction(startedAt: zone(started), actions: [])
            transaction.endedAt = stanza["End-Date"].flatMap(LocalTime.init).map(zone)
            transaction.commandLine = stanza["Commandline"].map { APTSources.withoutCredentials(words: $0) }
            transaction.requestedBy = stanza["Requested-By"]
            transaction.error = stanza["Error"]
            for (field, operation) in operations {
                guard let text = stanza[field] else { continue }
                let (actions, whole) = actions(text, operation)
                transaction.actions += actions
                if !whole { note(stanza.line, "has an unreadable \(field) list") }
            }
            transactions.append(transaction)
            return true
        }
        for line in malformed { note(line.line, "is neither field nor continuation") }
        return (transactions, defects)
    }

    /// `name:arch (version[, automatic]), …` or `name:arch (from, to), …`
    private static func actions(_ text: String, _ operation: String) -> ([APTV1.Action], whole: Bool) {
        var actions: [APTV1.Action] = []
        var whole = true
        for part in text.split(separator: ")") {
            let item = part.drop { $0 == "," || $0 == " " || $0 == "\n" }
            guard !item.isEmpty else { continue }
            guard let open = item.firstIndex(of: "("), let colon = item[..<open].lastIndex(of: ":") else {
                whole = false
                continue
            }
            let name = item[..<colon].trimmed
            let architecture = item[item.index(after: colon)..<open].trimmed
            guard DpkgStatus.isName(name), !architecture.isEmpty else {
                whole = false
                continue
            }
            var action = APTV1.Action(operation: operation, name: name, architecture: architecture)
            var versions = item[item.index(after: open)...].split(separator: ",").map(\.trimmed)
            if versions.last == "automatic" {
                action.automatic = true
                versions.removeLast()
            }
            switch operation {
            case "upgrade", "downgrade":
                (action.fromVersion, action.toVersion) = (versions.first, versions.dropFirst().first)
            case "remove", "purge": action.fromVersion = versions.first
            case "reinstall": (action.fromVersion, action.toVersion) = (versions.first, versions.first)
            default: action.toVersion = versions.first
            }
            actions.append(action)
        }
        return (actions, whole)
    }
}
