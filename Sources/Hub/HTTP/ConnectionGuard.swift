import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// How long a connection may take for what.
struct ConnectionLimits: Sendable {
    /// From the connection to the first request's head, TLS handshake included.
    var handshake = TimeAmount.seconds(20)
    /// From a request's head to the end of its body.
    var body = TimeAmount.seconds(30)
    /// Until an answer has been taken by the other side.
    var answer = TimeAmount.seconds(300)
    /// Between two requests.
    var idle = TimeAmount.seconds(150)
    /// After an answer that ends the connection: unread bytes at closing would make the kernel reset it, and the other
    /// side might lose the answer.
    var linger = TimeAmount.seconds(1)
}

/// Ends connections that are slow, idle, or whose answer says `Connection: close`.
///
/// One deadline a connection; its task is not moved for each request but looks again when it runs.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private let budget: ConnectionBudget
    private var deadline: NIODeadline?
    private var task: Scheduled<Void>?
    private var closesAfterAnswer = false
    private var lingers = false

    init(limits: ConnectionLimits, budget: ConnectionBudget) {
        self.limits = limits
        self.budget = budget
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = .now() + limits.handshake
        schedule(context, in: limits.handshake)
        budget.opened(context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        task?.cancel()
        task = nil
        budget.closed(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !lingers else { return }
        switch unwrapInboundIn(data) {
        case .head:
            deadline = .now() + limits.body
            budget.busy(context.channel)
        case .end: deadline = .now() + limits.answer
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.headerFields[.connection]?.lowercased() == "close" { closesAfterAnswer = true }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end where closesAfterAnswer:
            context.writeAndFlush(data, promise: promise)
            lingers = true
            deadline = .now() + limits.linger
            task?.cancel()
            schedule(context, in: limits.linger)
        case .end:
            context.write(data, promise: promise)
            deadline = .now() + limits.idle
            budget.idle(context.channel)
        }
    }

    private func schedule(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        task = context.eventLoop.scheduleTask(in: delay) {
            let (handler, context) = loopBound.value
            handler.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard let deadline else { return }
        let rest = deadline - .now()
        if rest <= .zero {
            context.close(promise: nil)
        } else {
            schedule(context, in: rest)
        }
    }
}
