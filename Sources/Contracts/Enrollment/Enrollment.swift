/// What `POST /v1/enroll` takes.
package struct EnrollmentRequest: Codable, Equatable, Sendable {
    /// From the enrolment string.
    package var enrollmentToken: String
    /// SHA-256 of the machine token that the agent made, `sha256:…`; the same hash again is the same machine.
    package var machineTokenHash: Digest
    package var hostname: String
    package var agentVersion: String
    package var machineIDHint: String?
    package var productUUIDHint: String?

    package init(enrollmentToken: String, machineTokenHash: Digest, hostname: String, agentVersion: String) {
        self.enrollmentToken = enrollmentToken
        self.machineTokenHash = machineTokenHash
        self.hostname = hostname
        self.agentVersion = agentVersion
    }

    package enum CodingKeys: String, CodingKey {
        case enrollmentToken = "enrollment_token"
        case machineTokenHash = "machine_token_hash"
        case hostname
        case agentVersion = "agent_version"
        case machineIDHint = "machine_id_hint"
        case productUUIDHint = "product_uuid_hint"
    }
}

/// What `POST /v1/enroll` answers.
package struct EnrollmentAnswer: Codable, Equatable, Sendable {
    package var machineID: Identifier
    /// Unique on the hub: a second `web-01` becomes `web-01-2`.
    package var name: String
    /// Every URL of the hub, in the order to try.
    package var hubURLs: [String]
    /// PEM certificates to trust; absent where the system's store is meant.
    package var caBundle: String?
    /// What the operator should hear, as a look-alike that is enrolled already.
    package var notices: [String]?

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
        case notices
    }
}

/// What `GET /v1/ca` answers, to anybody.
package struct CAAnswer: Codable, Equatable, Sendable {
    /// PEM; the certificate in force first, then the next one where it is announced.
    package var certificates: [String]

    package init(certificates: [String]) {
        self.certificates = certificates
    }

    package enum CodingKeys: String, CodingKey {
        case certificates
    }
}
