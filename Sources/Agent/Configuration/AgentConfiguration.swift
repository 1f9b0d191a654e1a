import Contracts
import Logging

/// What `agent.toml` says; the defaults are what an absent file means.
struct AgentConfiguration: Equatable, Sendable {
    static let defaultPath = "/etc/vigie/agent.toml"
    static let defaultStateDirectory = "/var/lib/vigie-agent"

    struct KindSettings: Equatable, Sendable {
        var isEnabled = true
        var intervalSeconds: Int
    }

    /// Bounds of the disk queue; whichever is reached first.
    struct SpoolLimits: Equatable, Sendable {
        var maxBytes = 64 << 20
        var maxFiles = 5000
        var maxAgeHours = 168
    }

    var stateDirectory = AgentConfiguration.defaultStateDirectory
    var logLevel = Logger.Level.info
    /// `http://host:port`; nil takes the environment's.
    var proxy: String?
    var kinds: [Kind: KindSettings] = Dictionary(
        uniqueKeysWithValues: Kind.allCases.map { ($0, KindSettings(intervalSeconds: $0.defaultIntervalSeconds)) })
    var collection = CollectionSettings()
    var spool = SpoolLimits()

    func settings(of kind: Kind) -> KindSettings {
        kinds[kind] ?? KindSettings(intervalSeconds: kind.defaultIntervalSeconds)
    }

    var enabledKinds: [Kind] { Kind.allCases.filter { settings(of: $0).isEnabled } }
}

extension Kind {
    /// How often a kind is collected where nothing changes and nobody says otherwise.
    var defaultIntervalSeconds: Int {
        switch self {
        case .metrics: 60
        case .hardware: 86_400
        case .apt: 6 * 3600
        case .docker: 900
        }
    }

    /// Between two collectings that changes ask for. A container that dies is to be in the hub within ten seconds,
    /// also when another one has just done so; an upgrade within 15, also where a collecting began just before its end.
    var minimumGapSeconds: Int {
        switch self {
        case .docker: 4
        case .apt: 5
        case .metrics, .hardware: 10
        }
    }

    /// After this a collecting is given up: what it waits for hangs.
    var deadline: Duration {
        switch self {
        case .metrics: .seconds(20)
        case .hardware, .docker: .seconds(60)
        case .apt: .seconds(300)
        }
    }
}
