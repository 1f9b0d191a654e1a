import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The TLS context in force; connections made after a change get the new one.
final class TLSContext: Sendable {
    private let context: Mutex<NIOSSLContext>

    init(_ context: NIOSSLContext) { self.context = Mutex(context) }

    var current: NIOSSLContext { context.withLock { $0 } }

    func replace(with new: NIOSSLContext) { context.withLock { $0 = new } }
}

/// HTTP/1.1 over TLS, with a context that can change while the hub serves.
///
/// Hummingbird's own TLS channel keeps the context that it was made with.
struct TLSServerChannel: ServerChildChannel, HTTPChannelHandler {
    let base: HTTP1Channel
    let context: TLSContext

    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context.current))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
