import Contracts
import Glibc
import Transport

/// Asks a container engine over its Unix socket, in the Docker Engine API that Podman speaks too.
///
/// Each call has a deadline and a size limit, and all calls of one collecting share a budget of time: an engine that
/// hangs costs a bounded while and leaves a problem, never a stalled agent. Calls go one after the other over one kept
/// connection; an engine answers an inspection within a millisecond or two.
struct EngineClient: Sendable {
    /// Why an answer is missing.
    struct Failure: Error {
        var code: String
        var message: String
        /// The engine says that the thing does not exist (any more).
        var isAbsence = false
    }

    /// The newest API version whose answers this agent was written for.
    private static let newestVersion = (1, 47)

    private let socket: String
    private let http: HTTPClient
    private let deadline: ContinuousClock.Instant
    /// `/v1.41`, or nothing before it is negotiated.
    private var prefix = ""

    /// - Parameter budgetSeconds: for all calls together.
    init(socket: String, budgetSeconds: Double) {
        self.socket = socket
        http = HTTPClient(unixSocket: socket, userAgent: "vigie-agent/\(Vigie.version)")
        deadline = .now + .milliseconds(Int64(budgetSeconds * 1000))
    }

    /// Learns the engine's API version from `/_ping` and stays with the older of that and our own.
    mutating func negotiate() async throws(Failure) {
        let response = try await send("/_ping", timeoutSeconds: 5, limit: 65_536)
        guard let offered = response.header("Api-Version").flatMap(Self.version) else { return }
        let chosen = offered < Self.newestVersion ? offered : Self.newestVersion
        prefix = "/v\(chosen.0).\(chosen.1)"
    }

    /// A client with a connection and a budget of its own, in the version negotiated here.
    func separate(budgetSeconds: Double) -> EngineClient {
        var client = EngineClient(socket: socket, budgetSeconds: budgetSeconds)
        client.prefix = prefix
        return client
    }

    private static func version(_ text: String) -> (Int, Int)? {
        let parts = text.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 2, parts.allSatisfy({ (0...9999).contains($0) }) else { return nil }
        return (parts[0], parts[1])
    }

    /// The answer's JSON, read strictly.
    func json(_ path: String, timeoutSeconds: Double = 15, limit: Int = 16 << 20) async throws(Failure) -> JSONValue {
        let response = try await send(prefix + path, timeoutSeconds: timeoutSeconds, limit: limit)
        do throws(StrictJSON.Failure) { return try StrictJSON.read(response.body).root } catch {
            throw Failure(code: "malformed", message: "unable to read the engine's answer to \(path): \(error)")
        }
    }

    /// The answer's JSON documents, one a line; lines that are none are left out.
    func lines(_ path: String, timeoutSeconds: Double = 10, limit: Int = 8 << 20) async throws(Failure) -> [JSONValue] {
        let response = try await send(prefix + path, timeoutSeconds: timeoutSeconds, limit: limit)
        return response.body.split(separator: 0x0A).compactMap { try? StrictJSON.read(Array($0)).root }
    }

    private func send(_ path: String, timeoutSeconds: Double, limit: Int) async throws(Failure) -> HTTPResponse {
        let shown = path.prefix { $0 != "?" }
        let left = ContinuousClock.now.duration(to: deadline)
        let seconds = Double(left.components.seconds) + Double(left.components.attoseconds) / 1e18
        guard seconds > 0.05 else {
            throw Failure(code: "timed_out", message: "unable to ask the engine for \(shown): no time left for it")
        }
        let request = HTTPRequest(
            url: "http://localhost\(path)", timeoutSeconds: min(timeoutSeconds, seconds), responseLimit: limit)
        let response: HTTPResponse
        do throws(HTTPFailure) { response = try await http.send(request) } catch {
            let code =
                switch error.kind {
                case .timeout: "timed_out"
                case .tooLarge: "too_large"
                default: "engine_unreachable"
                }
            throw Failure(code: code, message: "unable to ask the engine for \(shown): \(error.message)")
        }
        guard response.status == 200 else {
            // The engine's own message may quote anything; its status is enough.
            throw Failure(
                code: "engine_error", message: "the engine answered \(response.status) to \(shown)",
                isAbsence: response.status == 404)
        }
        return response
    }
}

/// Where the engine listens, and whether this user may talk to it.
enum EngineSocket: Equatable {
    /// No socket in any of the places: there is no engine here.
    case absent
    case open(path: String)
    /// It exists and cannot be used.
    case closed(path: String, errno: Int32, group: String?)

    /// The first socket that answers, else the first that exists.
    ///
    /// - Parameter patterns: paths; a component `*` stands for every name: `/run/user/*/docker.sock`.
    static func find(_ host: Host, _ patterns: [String]) -> EngineSocket {
        var found = EngineSocket.absent
        for (path, isGuess) in patterns.flatMap({ expand($0, host) }) {
            let information: stat
            do throws(ReadFailure) { information = try host.status(path) } catch {
                // A directory that hides the socket: `/run/podman` is 0700 root. One of a user's, who may have no
                // engine at all, says nothing.
                if !error.isAbsence, !isGuess, found == .absent {
                    found = .closed(path: path, errno: error.errno, group: nil)
                }
                continue
            }
            guard information.st_mode & S_IFMT == S_IFSOCK else { continue }
            let full = host.isLive ? path : host.root + path
            let code = connectOnce(full)
            if code == 0 { return .open(path: full) }
            if found == .absent {
                found = .closed(path: path, errno: code, group: groupName(information.st_gid, host))
            }
        }
        return found
    }

    /// Names that one `*` may stand for: there are not more users at work on a machine.
    private static let expansionLimit = 64

    private static func expand(_ pattern: String, _ host: Host) -> [(path: String, isGuess: Bool)] {
        guard let star = pattern.firstRange(of: "/*/") else { return [(pattern, false)] }
        let directory = String(pattern[..<star.lowerBound])
        let rest = "/" + pattern[star.upperBound...]
        let names = ((try? host.list(directory)) ?? []).sorted().prefix(expansionLimit)
        return names.flatMap { expand("\(directory)/\($0)\(rest)", host) }.map { ($0.path, true) }
    }

    /// The error of a connection to the socket, zero where it was accepted; libcurl does not tell.
    private static func connectOnce(_ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // A full backlog is a busy engine, not a closed one: the call itself will tell.
        return code == 0 || errno == EAGAIN ? 0 : errno
    }

    private static func groupName(_ group: gid_t, _ host: Host) -> String? {
        guard let text = try? host.text("etc/group") else { return nil }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count >= 3, parts[2] == "\(group)" { return String(parts[0]) }
        }
        return nil
    }

    /// What to tell the administrator of a socket that cannot be used.
    func problem() -> Problem? {
        guard case .closed(let path, let number, let group) = self else { return nil }
        let reason = String(cString: strerror(number))
        if number == EACCES || number == EPERM {
            let remedy =
                group.map { "add this agent's user to the group \($0)" } ?? "let this agent's user read and write it"
            return Problem(
                code: "permission_denied", severity: "warning", source: path,
                message: "unable to open \(path): \(reason); \(remedy), or switch the docker kind off")
        }
        return Problem(
            code: "engine_unreachable", severity: "warning", source: path,
            message: "unable to connect to \(path): \(reason); is the engine running?")
    }
}
