import Contracts
import Hummingbird
import Logging

/// What machines ask: the authority, enrolment, taking a snapshot; and what watches over the hub.
struct MachineRoutes: Sendable {
    let store: any Store
    let announcement: CurrentAnnouncement
    let readiness: Readiness
    let snapshots: SnapshotRoute
    let meters: HubMeters
    let logger: Logger

    /// An enrolment request is small.
    private static let enrollmentLimit = 64 * 1024

    /// The routes that anybody may ask, on every listener.
    func addHealth(to router: some RouterMethods<HubContext>) {
        router.get("healthz") { _, _ in try Response.json(["status": "ok"]) }
        router.get("readyz") { _, _ in try await readiness.answer() }
    }

    func add(to router: some RouterMethods<HubContext>) {
        addHealth(to: router)
        router.get("v1/ca") { _, _ in
            guard let current = announcement.current else { throw Self.starting }
            return try Response.json(
                CAAnswer(certificates: (current.bundle.map { [$0] } ?? []) + current.next.authorities))
        }
        router.post("v1/enroll") { request, _ in try await enroll(request) }
        router.get("v1/machine") { request, _ in try await machine(request) }
        router.post("v1/snapshots") { request, context in
            do {
                let response = try await snapshots.handle(request, context)
                meters.answered(response.status.code)
                return response
            } catch let problem as ProblemResponse {
                meters.answered(problem.status.code)
                throw problem
            }
        }
    }

    private static let starting = ProblemResponse(
        .serviceUnavailable, .busy, "the hub is starting", retryAfterSeconds: 2)

    /// Who a token belongs to, and how this hub is reached: changes nothing.
    private func machine(_ request: Request) async throws -> Response {
        guard let current = announcement.current else { throw Self.starting }
        guard let token = BearerToken.read(request) else {
            throw ProblemResponse(.unauthorized, .unauthorized, "a machine's token is needed")
        }
        let machine = try await snapshots.authenticator.authenticate(token, fresh: true)
        if let seconds = snapshots.rateLimiter.take(machine.id) {
            throw ProblemResponse(
                .tooManyRequests, .rateLimited, "too many requests from this machine", retryAfterSeconds: seconds)
        }
        let row = try await store.read { try $0.row(MachineStatements.identity, machine.id) }
        guard let id = Identifier(machine.uuid), let name = row?["name"].text else {
            throw MachineAuthenticator.reenroll
        }
        var answer = MachineAnswer(machineID: id, name: name, hubURLs: current.machineURLs)
        answer.caBundle = current.machineBundle
        return try Response.json(answer)
    }

    private func enroll(_ request: Request) async throws -> Response {
        guard let current = announcement.current else { throw Self.starting }
        guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
            throw ProblemResponse(
                .unsupportedMediaType, .unsupportedMediaType, "an enrolment is sent as application/json",
                closesConnection: true)
        }
        var body = ReceivedBody(budget: InFlightBytes(maximum: 2 * Self.enrollmentLimit))
        do throws(ReceivedBody.Failure) {
            try await body.read(
                request.body, declared: request.headers[.contentLength], limit: Self.enrollmentLimit)
        } catch {
            throw ProblemResponse(
                .contentTooLarge, .tooLarge, "an enrolment has at most \(Self.enrollmentLimit) bytes",
                closesConnection: true)
        }
        let wanted = try Self.read(body.bytes)
        let now = Clock.now()
        do {
            var (_, answer) = try await store.write {
                try Enrollment(connection: $0, now: now).enroll(wanted)
            }
            answer.hubURLs = current.machineURLs
            answer.caBundle = current.machineBundle
            logger.notice("enrolled \(answer.name) (\(answer.machineID))")
            return try Response.json(answer, status: .created)
        } catch let refusal as Enrollment.Refusal {
            throw ProblemResponse(.unauthorized, refusal.code, refusal.detail)
        }
    }

    private static func read(_ bytes: [UInt8]) throws -> EnrollmentRequest {
        let document: StrictJSON.Document
        do { document = try StrictJSON.read(bytes) } catch {
            throw ProblemResponse(.badRequest, .notStrictJSON, error.description)
        }
        let request: EnrollmentRequest
        do { request = try JSONTreeDecoder.decode(EnrollmentRequest.self, from: document.root) } catch {
            throw ProblemResponse(IngestRejection.violations(error.violations))
        }
        guard request.hostname.utf8.count <= 255, request.agentVersion.utf8.count <= 64 else {
            throw ProblemResponse(
                IngestRejection.violations([Violation(pointer: "/hostname", message: "must have at most 255 bytes")]))
        }
        return request
    }
}
