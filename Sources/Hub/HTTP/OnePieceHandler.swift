import NIOCore

/// Sends a short answer's head and body together: one record of TLS instead of two.
final class OnePieceHandler: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Longer answers go as they come: to copy them would cost more than a record.
    private static let limit = 4 * 1024

    private var gathered: ByteBuffer?
    private var promise: EventLoopPromise<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var part) = unwrapOutboundIn(data),
            (gathered?.readableBytes ?? 0) + part.readableBytes <= Self.limit
        else {
            send(context)
            return context.write(data, promise: promise)
        }
        if gathered == nil { gathered = part } else { gathered?.writeBuffer(&part) }
        if let promise {
            if let first = self.promise { first.futureResult.cascade(to: promise) } else { self.promise = promise }
        }
    }

    func flush(context: ChannelHandlerContext) {
        send(context)
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) { promise?.fail(ChannelError.ioOnClosedChannel) }

    /// Whoever closes has not flushed what it wrote.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        send(context)
        context.close(mode: mode, promise: promise)
    }

    private func send(_ context: ChannelHandlerContext) {
        guard let gathered else { return }
        self.gathered = nil
        let promise = promise
        self.promise = nil
        context.write(wrapOutboundOut(.byteBuffer(gathered)), promise: promise)
    }
}
