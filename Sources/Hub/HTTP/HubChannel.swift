import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypesHTTP1
import NIOSSL
import Synchronization

/// The TLS context in force; connections made after a change get the new one.
final class TLSContext: Sendable {
    private let context: Mutex<NIOSSLContext>

    init(_ context: NIOSSLContext) { self.context = Mutex(context) }

    var current: NIOSSLContext { context.withLock { $0 } }

    func replace(with new: NIOSSLContext) { context.withLock { $0 = new } }
}

/// HTTP/1.1, over TLS where there is a context, which can change while the hub serves: Hummingbird's own TLS channel keeps
/// the one that it was made with.
///
/// What guards the connection, and the short way of snapshots, stand before requests are made into the types that the
/// router takes: they do without.
struct HubChannel: ServerChildChannel, HTTPChannelHandler {
    let base: HTTP1Channel
    let tls: TLSContext?
    /// Of a connection, in the order in which they see a request.
    let handlers: @Sendable () -> [any ChannelHandler]

    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls { try pipeline.addHandlers(NIOSSLServerHandler(context: tls.current), OnePieceHandler()) }
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandlers(handlers(), position: .before(codec))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
