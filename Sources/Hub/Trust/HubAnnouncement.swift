import Contracts
import Synchronization

/// How this hub is reached and what to trust: what connection strings and enrolment answers carry.
///
/// Known to the serving hub once it listens; written into the settings, where the administrator's commands read it.
struct HubAnnouncement: Equatable, Sendable {
    /// In the order to try.
    var urls: [String]
    var trust: ConnectionString.Trust
    /// PEM; nil where the system's store is meant.
    var bundle: String?

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
    private let value = Mutex<HubAnnouncement?>(nil)

    var current: HubAnnouncement? { value.withLock { $0 } }

    func set(_ announcement: HubAnnouncement) { value.withLock { $0 = announcement } }
}
