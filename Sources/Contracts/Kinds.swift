/// The kinds of snapshot that this version knows; the one list that every layer is tested against.
package enum Kind: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
    case hardware, metrics, apt, docker

    /// The type that carries the kind's newest schema version.
    package var payloadType: any SnapshotPayload.Type {
        switch self {
        case .hardware: HardwareV1.self
        case .metrics: MetricsV1.self
        case .apt: APTV1.self
        case .docker: DockerV1.self
        }
    }

    /// Inventory kinds are spooled always and may be sent as `same_as`; metrics are a stream of values.
    package var isInventory: Bool { self != .metrics }
}
