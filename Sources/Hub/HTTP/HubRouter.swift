import HTTPTypes
import Hummingbird

/// A router that knows which methods a path takes: any other is a 405 that names them (RFC 9110, 15.5.6), where
/// Hummingbird's own says that there is no such path. Every GET answers HEAD, too.
final class HubRouter: RouterMethods {
    typealias Context = HubContext

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]

    private let router = Router(context: HubContext.self, options: .autoGenerateHeadEndpoints)
    private var taken: [String: (path: RouterPath, methods: [HTTPRequest.Method])] = [:]

    @discardableResult
    func on<Responder: HTTPResponder>(
        _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
    ) -> Self where Responder.Context == HubContext {
        taken[path.description, default: (path, [])].methods.append(method)
        router.on(path, method: method, responder: responder)
        return self
    }

    @discardableResult
    func add(middleware: any MiddlewareProtocol<Request, Response, HubContext>) -> Self {
        router.add(middleware: middleware)
        return self
    }

    /// Ends the list of routes.
    func buildResponder() -> RouterResponder<HubContext> {
        for (path, methods) in taken.values {
            let allowed = methods + (methods.contains(.get) && !methods.contains(.head) ? [.head] : [])
            let words = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            for method in Self.methods where !allowed.contains(method) {
                router.on(path, method: method) { request, _ -> Response in
                    throw ProblemResponse(notAllowed: request.method.rawValue, allowed: words)
                }
            }
        }
        return router.buildResponder()
    }
}
