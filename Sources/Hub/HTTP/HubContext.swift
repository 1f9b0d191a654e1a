import Hummingbird
import Logging
import NIOCore

/// What goes with a request through middleware and routes.
struct HubContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Set by `OperatorAuthentication`; the routes behind it may count on it.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The address at the other end of the connection, without port; nil on a Unix socket.
    var peerAddress: String? { channel.remoteAddress?.ipAddress }
}
