/// What `GET /v1/machine` answers to a machine's token: who it is here, and how the hub is reached from now on.
package struct MachineAnswer: Codable, Equatable, Sendable {
    package var machineID: Identifier
    /// Unique on the hub.
    package var name: String
    /// Every URL of the hub, in the order to try; where the hub moves, the new one's come first.
    package var hubURLs: [String]
    /// PEM certificates to trust, an announced next one included; absent where the system's store is meant.
    package var caBundle: String?

    package init(machineID: Identifier, name: String, hubURLs: [String]) {
        self.machineID = machineID
        self.name = name
        self.hubURLs = hubURLs
    }

    package enum CodingKeys: String, CodingKey {
        case machineID = "machine_id"
        case name
        case hubURLs = "hub_urls"
        case caBundle = "ca_bundle"
    }
}
