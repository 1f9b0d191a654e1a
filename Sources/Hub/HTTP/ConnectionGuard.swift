import NIOCore
import NIOHTTP1

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
/// One deadline a connection. Its task is moved only where it would run too late; else it looks again when it runs, so
/// that a request that comes whole costs no timer.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: ConnectionLimits
    private let budget: ConnectionBudget
    private var deadline: NIODeadline?
    private var task: (scheduled: Scheduled<Void>, at: NIODeadline)?
    private var closesAfterAnswer = false
    private var lingers = false

    init(limits: ConnectionLimits, budget: ConnectionBudget) {
        self.limits = limits
        self.budget = budget
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = .now() + limits.handshake
        settle(context)
        budget.opened(context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        task?.scheduled.cancel()
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
            if head.headers.first(name: "connection")?.lowercased() == "close" { closesAfterAnswer = true }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end where closesAfterAnswer:
            context.writeAndFlush(data, promise: promise)
            lingers = true
            deadline = .now() + limits.linger
            settle(context)
        case .end:
            context.write(data, promise: promise)
            deadline = .now() + limits.idle
            settle(context)
            budget.idle(context.channel)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
        context.fireChannelReadComplete()
    }

    /// Makes sure that somebody looks at the deadline in time.
    private func settle(_ context: ChannelHandlerContext) {
        guard let deadline else { return }
        if let task, task.at <= deadline { return }
        task?.scheduled.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.look(context)
        }
        task = (scheduled, deadline)
    }

    private func look(_ context: ChannelHandlerContext) {
        task = nil
        guard let deadline, deadline <= .now() else { return settle(context) }
        context.close(promise: nil)
    }
}
