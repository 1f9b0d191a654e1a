import Contracts
import Hummingbird
import Synchronization
import Transport

/// A machine whose token was found.
struct AuthenticatedMachine: Sendable {
    let id: Int64
    let uuid: String
    let tokenHash: Digest
}

/// Finds the machine of a token, from a cache where it can.
///
/// A cached answer lets a request go on to the writer, who looks again inside its transaction; whatever is refused
/// before that is checked against the database first. So a revocation works at once although most requests read
/// nothing.
final class MachineAuthenticator: Sendable {
    /// More than a fleet: each request of one that did not fit would read the database. About 250 bytes each.
    private static let capacity = 250_000

    private let store: any Store
    private let cache = Mutex<[Digest: AuthenticatedMachine]>([:])

    init(store: any Store) { self.store = store }

    static let reenroll = ProblemResponse(
        .unauthorized, .reenrollRequired,
        "this machine's token is not known or was revoked; enrol it again with a string from vigie-hub enrollment create"
    )

    /// The machine of a token that was found lately.
    func known(_ token: String) -> AuthenticatedMachine? { known(SHA256.tokenHash(token)) }

    private func known(_ hash: Digest) -> AuthenticatedMachine? { cache.withLock { $0[hash] } }

    /// - Parameter fresh: asks the database even where the cache knows.
    func authenticate(_ token: String, fresh: Bool = false) async throws -> AuthenticatedMachine {
        let hash = SHA256.tokenHash(token)
        if !fresh, let machine = known(hash) { return machine }
        let row = try await store.read { try $0.row(TrustStatements.machineByToken, hash) }
        // The index found it by equality of a digest: what its timing could tell is not the token.
        guard let row, row["revoked_at"].isNull, let id = row["machine_id"].integer, let uuid = row["machine_uuid"].text
        else {
            forget(hash)
            throw Self.reenroll
        }
        let machine = AuthenticatedMachine(id: id, uuid: uuid, tokenHash: hash)
        cache.withLock { cache in
            if cache.count >= Self.capacity { cache.removeAll(keepingCapacity: true) }
            cache[hash] = machine
        }
        return machine
    }

    /// The writer found it revoked.
    func forget(_ hash: Digest) { cache.withLock { $0[hash] = nil } }
}
