import Contracts
import Glibc
import Logging

/// Who this machine is to its hub; made at enrolment, kept in `identity.json` with mode 0600.
struct Identity: Codable, Equatable, Sendable {
    var machineID: Identifier
    /// The name that the hub gave.
    var name: String
    /// In the order to try.
    var hubURLs: [String]
    /// The machine's token: sent with every snapshot, written nowhere else.
    var token: String
    /// PEM certificates; absent where the system's store is meant.
    var caBundle: String?

    enum CodingKeys: String, CodingKey {
        case machineID = "machine_id"
        case name
        case hubURLs = "hub_urls"
        case token
        case caBundle = "ca_bundle"
    }

    /// The machine id of a snapshot that is only shown: a machine that is not enrolled has none.
    static let nobody = "00000000-0000-0000-0000-000000000000"

    /// Nil where the machine is not enrolled. A damaged identity is never passed over: without it the machine would
    /// enrol again as another.
    static func load(_ state: StateDirectory) throws(AgentError) -> Identity? {
        let bytes: [UInt8]?
        do { bytes = try Files.read(state.identity) } catch {
            throw StateDirectory.error(error, unableTo: "read the machine's identity")
        }
        guard let bytes else { return nil }
        guard let document = try? StrictJSON.read(bytes),
            let identity = try? JSONTreeDecoder.decode(Identity.self, from: document.root)
        else {
            throw AgentError(
                .configuration, unableTo: "use the machine's identity", "\(state.identity) is damaged",
                advice: "restore it from a backup, or remove it and enrol with the string of"
                    + " vigie-hub enrollment create --machine NAME, which keeps the machine's history")
        }
        return identity
    }

    func save(_ state: StateDirectory) throws(AgentError) {
        do {
            try Files.write(try CanonicalJSON.encode(self), to: state.identity)
        } catch let failure as FileFailure {
            throw StateDirectory.error(failure, unableTo: "write the machine's identity")
        } catch {
            throw AgentError(
                .inputOutput, unableTo: "write the machine's identity", "\(error)", advice: "report this as a bug")
        }
    }

    /// Goes by another address of its hub from now on. Answers whether it survives: not where the machine has been
    /// enrolled anew meanwhile.
    func move(to address: HubAddress, state: StateDirectory, logger: Logger) -> Bool {
        do {
            guard var current = try Identity.load(state), current.token == token else { return false }
            current.hubURLs = address.urls
            current.caBundle = address.caBundle
            try current.save(state)
            return true
        } catch {
            logger.error("\(error)")
            return false
        }
    }
}
