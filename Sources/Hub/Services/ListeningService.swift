import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// One listener of the hub as a service; says when it listens, and in words why it cannot.
struct ListeningService<Responder: HTTPResponder>: Service where Responder.Context == HubContext {
    let responder: Responder
    let server: HTTPServerBuilder
    let address: BindAddress
    /// What messages call it: an address or a path.
    let description: String
    let logger: Logger
    let onListening: @Sendable (_ port: Int?) -> Void

    func run() async throws {
        var quiet = logger
        // What it says is about its own teardown; what goes wrong in a request is logged by the routes.
        quiet.logLevel = .critical
        let application = Application(
            responder: responder, server: server,
            // Without a name in each answer: whoever asks knows whom.
            configuration: ApplicationConfiguration(address: address, serverName: nil, backlog: 4096),
            onServerRunning: { onListening($0.localAddress?.port) }, logger: quiet)
        do { try await application.run() } catch let error as IOError {
            throw Self.failure(description, error.errnoCode)
        } catch let error as SocketAddressError.UnknownHost {
            throw CommandFailure(.unavailable, "\(error.host) is no name that this machine knows; use an address")
        }
    }

    private static func failure(_ place: String, _ code: CInt) -> CommandFailure {
        switch code {
        case EADDRINUSE:
            CommandFailure(
                .unavailable, "\(place) is in use by another program; stop it or choose another with --listen")
        case EACCES, EPERM:
            CommandFailure(.noPermission, "\(place) may not be used by this user; choose a port above 1023")
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            CommandFailure(.unavailable, "\(place) is no address of this machine; choose another with --listen")
        default: CommandFailure(.unavailable, "unable to listen on \(place): \(String(cString: strerror(code)))")
        }
    }
}
