import Contracts
import HubAPI
import Hummingbird
import NIOCore

/// A question that is answered with a list: what its parameters chose.
struct ListQuestion {
    let parameters: OperatorParameters
    let machines: MachineSelection
    let limit: Int
}

extension OperatorRoutes {
    /// Answers a list. Every list takes `machine`, `tag` and `limit` besides its own parameters; all of them are looked
    /// at before the question is asked.
    func list<Answer: Encodable & Sendable>(
        _ request: Request, _ context: HubContext, _ own: [String] = [], limit standard: Int = 1000,
        _ question: @Sendable (any SQLConnection, ListQuestion) throws -> Answer
    ) async throws -> Response {
        try context.require(.read)
        let parameters = try OperatorParameters(request, allowed: ["machine", "tag"] + own + ["limit"])
        let limit = try parameters.limit(default: standard, maximum: 100_000)
        return try await answer { connection in
            let machines = try MachineSelection.find(
                connection, machine: parameters.text("machine"), tag: parameters.text("tag"))
            return try question(
                connection, ListQuestion(parameters: parameters, machines: machines, limit: limit))
        }
    }

    /// Bytes of a body that are read.
    static let bodyLimit = 128 * 1024

    /// The body of a request, strictly read.
    ///
    /// - Parameter form: what it should look like, for who sent something else.
    func body<Value: Decodable>(_ request: Request, as type: Value.Type, form: String) async throws -> Value {
        let bytes: [UInt8]
        do {
            bytes = Array(try await request.body.collect(upTo: Self.bodyLimit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ProblemResponse(
                .contentTooLarge, .tooLarge, "this body may have \(Self.bodyLimit) bytes", closesConnection: true)
        }
        do {
            return try JSONTreeDecoder.decode(type, from: try StrictJSON.read(bytes).root)
        } catch let rejection as JSONTreeDecoder.Rejection {
            throw ProblemResponse(
                .badRequest, .badRequest, "the body is \(form)", violations: rejection.violations)
        } catch { throw ProblemResponse.badRequest("the body is no JSON: \(error)") }
    }
}
