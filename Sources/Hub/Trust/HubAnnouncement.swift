import Contracts
import Synchronization
import Transport

/// How this hub is reached and what to trust: what connection strings and enrolment answers carry.
///
/// Known to the serving hub once it listens; written into the settings, where the administrator's commands read it.
struct HubAnnouncement: Equatable, Sendable {
    /// In the order to try.
    var urls: [String]
    var trust: ConnectionString.Trust
    /// PEM; nil where the system's store is meant.
    var bundle: String?
    /// What machines are told besides, to go by from now on.
    var next = Next()

    struct Next: Equatable, Sendable {
        /// URLs to try before the hub's own.
        var urls: [String] = []
        /// PEM of authorities to trust besides the one in force: the hub's own next and previous one, another hub's.
        var authorities: [String] = []

        var isEmpty: Bool { urls.isEmpty && authorities.isEmpty }
    }

    /// What a machine goes by: the announced URLs, then the hub's own.
    var machineURLs: [String] { next.urls + urls.filter { !next.urls.contains($0) } }

    /// What a machine trusts; nil for the system's store.
    var machineBundle: String? {
        let all = (bundle.map { [$0] } ?? []) + next.authorities
        return all.isEmpty ? nil : all.joined()
    }

    /// Stands for what is announced, in answers to snapshots; nil where nothing is.
    var word: String? {
        guard !next.isEmpty else { return nil }
        let text = (machineURLs + [machineBundle ?? ""]).joined(separator: "\n")
        return Hexadecimal.encode(SHA256.digest(Array(text.utf8)).prefix(8))
    }

    private static let urlsName = "hub.urls"
    private static let trustName = "hub.trust"
    private static let bundleName = "hub.ca_bundle"

    static func read(_ connection: any SQLConnection) throws -> HubAnnouncement? {
        func value(_ name: String) throws -> String? {
            try connection.row(TrustStatements.settingGet, name)?["value"].text
        }
        guard let urls = try value(urlsName), let trust = try value(trustName) else { return nil }
        let bundle = try value(bundleName) ?? ""
        return HubAnnouncement(
            urls: urls.split(separator: "\n").map(String.init),
            trust: Digest(trust).map { .fingerprint($0) } ?? .system, bundle: bundle.isEmpty ? nil : bundle)
    }

    func write(_ connection: any SQLConnection, at now: Timestamp) throws {
        let trustText =
            switch trust {
            case .fingerprint(let digest): digest.text
            case .system: "system"
            }
        for (name, value) in [
            (Self.urlsName, urls.joined(separator: "\n")), (Self.trustName, trustText), (Self.bundleName, bundle ?? ""),
        ] {
            try connection.run(TrustStatements.settingSet, name, value, now)
        }
    }
}

/// The announcement of the hub that serves; nothing is announced before it listens.
final class CurrentAnnouncement: Sendable {
    private let value = Mutex<(announcement: HubAnnouncement, word: String?)?>(nil)

    var current: HubAnnouncement? { value.withLock { $0?.announcement } }

    /// What answers to snapshots carry; nil where nothing is announced.
    var word: String? { value.withLock { $0?.word } }

    func set(_ announcement: HubAnnouncement) {
        let word = announcement.word
        value.withLock { $0 = (announcement, word) }
    }
}
