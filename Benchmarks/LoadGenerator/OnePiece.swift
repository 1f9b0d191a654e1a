import NIOCore

/// Sends a request's head and body together: one record of TLS and one call of the system, as agents do.
final class OnePiece: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    private var gathered = ByteBuffer()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var part) = unwrapOutboundIn(data) else {
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        gathered.writeBuffer(&part)
        promise?.succeed(())
    }

    func flush(context: ChannelHandlerContext) {
        if gathered.readableBytes > 0 {
            context.write(wrapOutboundOut(gathered), promise: nil)
            gathered = ByteBuffer()
        }
        context.flush()
    }
}
