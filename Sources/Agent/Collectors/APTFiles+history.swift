import Contracts
import Glibc
import Transport

extension APTFiles {
    /// Days of history in a snapshot.
    static let historyDays: Int64 = 30
    /// Actions in a snapshot; a release upgrade has some thousand.
    static let actionLimit = 20_000
    /// Bytes of one log file, inflated.
    private static let logLimit = 16 << 20

    /// The window of APT's history across `history.log` and its rotations, oldest first, each transaction once.
    func history() -> Section<[APTV1.Transaction]> {
        var section = Section<[APTV1.Transaction]>(value: [])
        let from = now.adding(milliseconds: -Self.historyDays * 86_400_000)
        guard let zone = LocalZone(host) else {
            let text = "the times in the log are of a time zone that cannot be read from here"
            return Section(
                isUnknown: true,
                problems: [
                    Problem(code: "time_zone_unknown", severity: "warning", source: "/etc/localtime", message: text)
                ])
        }
        var found: [APTV1.Transaction] = []
        for name in logs() {
            do throws(ReadFailure) {
                guard let bytes = try inflated(name, &section) else { continue }
                let (transactions, defects) = APTHistory.transactions(bytes, zone: zone.timestamp)
                section.problems += defects.map { malformed("/var/log/apt/\(name)", $0.line, $0.reason) }
                found += transactions
                // Rotations are in order: what is behind one that begins before the window is older still.
                if let first = transactions.first, first.startedAt < from { break }
            } catch {
                if error.isAbsence { continue }
                section.isUnknown = true
                section.problems.append(error.problem(severity: "error"))
            }
        }
        if section.isUnknown { return Section(isUnknown: true, problems: section.problems) }
        let (window, isCut) = Self.window(found.filter { $0.startedAt >= from })
        if isCut {
            let text = "more than \(Self.actionLimit) actions in \(Self.historyDays) days: the oldest are left out"
            section.problems.append(
                Problem(code: "truncated", severity: "info", source: "/var/log/apt/history.log", message: text))
        }
        section.value = window
        return section
    }

    /// `history.log`, `history.log.1.gz`, … newest first.
    private func logs() -> [String] {
        let prefix = "history.log"
        return host.names("var/log/apt").compactMap { name -> (Int, String)? in
            guard name.hasPrefix(prefix) else { return nil }
            let rest = name.dropFirst(prefix.count)
            if rest.isEmpty { return (0, name) }
            let parts = rest.dropFirst().split(separator: ".")
            guard rest.first == ".", let number = parts.first.flatMap({ Int($0) }),
                parts.count == 1 || (parts.count == 2 && parts[1] == "gz")
            else { return nil }
            return (number, name)
        }.sorted { $0 < $1 }.map(\.1)
    }

    /// Nil, and a problem, where a rotation is damaged: the others still tell.
    private func inflated(_ name: String, _ section: inout Section<[APTV1.Transaction]>) throws(ReadFailure) -> [UInt8]?
    {
        let path = "var/log/apt/\(name)"
        let bytes = try host.bytes(path, limit: Self.logLimit)
        guard name.hasSuffix(".gz") else { return bytes }
        do throws(Gzip.Failure) { return try Gzip.inflate(bytes, limit: Self.logLimit) } catch {
            section.problems.append(
                Problem(
                    code: "malformed", severity: "warning", source: "/\(path)",
                    message: "unable to inflate /\(path): \(error)"))
            return nil
        }
    }

    /// In order, one entry for each start and command line, bounded in actions.
    static func window(_ transactions: [APTV1.Transaction]) -> ([APTV1.Transaction], isCut: Bool) {
        var merged: [APTV1.Transaction] = []
        for transaction in transactions.sorted(by: {
            ($0.startedAt, $0.commandLine ?? "") < ($1.startedAt, $1.commandLine ?? "")
        }) {
            // A rotation that was copied has it twice; a program that calls dpkg several times within a second has
            // several under one key.
            if let last = merged.last, last.startedAt == transaction.startedAt,
                last.commandLine == transaction.commandLine
            {
                merged[merged.count - 1].actions += transaction.actions.filter { !last.actions.contains($0) }
                merged[merged.count - 1].endedAt = max(last.endedAt, transaction.endedAt)
                merged[merged.count - 1].error = last.error ?? transaction.error
            } else {
                merged.append(transaction)
            }
        }
        var actions = 0
        var kept = 0
        for transaction in merged.reversed() {
            guard actions + transaction.actions.count <= actionLimit else { break }
            actions += transaction.actions.count
            kept += 1
        }
        return (Array(merged.suffix(kept)), kept < merged.count)
    }

    private static func max(_ left: Timestamp?, _ right: Timestamp?) -> Timestamp? {
        guard let left, let right else { return left ?? right }
        return Swift.max(left, right)
    }
}

/// The machine's own time zone, for logs that are written in local time.
struct LocalZone: Sendable {
    private let isLive: Bool

    /// Nil for a root that is not the running system and whose zone is another than UTC.
    init?(_ host: Host) {
        isLive = host.isLive
        if isLive { return }
        let target = host.link("etc/localtime") ?? ""
        let name = host.line("etc/timezone")
        let isUTC = { (zone: String) in ["UTC", "Etc/UTC", "Universal", "Zulu", "UCT"].contains(zone) }
        guard !host.exists("etc/localtime") && target.isEmpty || target.hasSuffix("/UTC") || name.map(isUTC) ?? false
        else { return nil }
    }

    func timestamp(_ time: APTHistory.LocalTime) -> Timestamp {
        guard isLive else { return time.asUTC }
        var parts = tm()
        parts.tm_year = Int32(time.year - 1900)
        parts.tm_mon = Int32(time.month - 1)
        parts.tm_mday = Int32(time.day)
        parts.tm_hour = Int32(time.hour)
        parts.tm_min = Int32(time.minute)
        parts.tm_sec = Int32(time.second)
        parts.tm_isdst = -1
        return Timestamp(seconds: Int64(mktime(&parts)))
    }
}
