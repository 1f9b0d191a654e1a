import NIOCore
import NIOHTTP1
import Synchronization

/// Requests that all connections share: whichever is free takes the next one, so that they go out in their order.
///
/// With a share for each, a connection that is slower than the others falls behind them by more than a fleet's round.
final class PostQueue: Sendable {
    let posts: [Post]
    private let taken = Atomic<Int>(0)

    init(_ posts: [Post]) { self.posts = posts }

    /// The next request's index; nil where all are taken.
    func take() -> Int? {
        let index = taken.add(1, ordering: .relaxed).oldValue
        return index < posts.count ? index : nil
    }
}

/// Posts requests on one connection, the next one when the one before is answered.
final class Poster: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let queue: PostQueue
    private let host: String
    private let start: NIODeadline
    private let interval: Int64?
    private let deadline: NIODeadline?
    private let keepBodies: Bool
    private let done: EventLoopPromise<[Result]>
    private var index: Int?
    private var due: NIODeadline
    private var status = 0
    private var body: [UInt8] = []
    private var results: [Result] = []
    private var isDone = false

    init(
        queue: PostQueue, host: String, start: NIODeadline, interval: Int64?, deadline: NIODeadline?,
        keepBodies: Bool, done: EventLoopPromise<[Result]>
    ) {
        self.queue = queue
        self.host = host
        self.start = start
        self.interval = interval
        self.deadline = deadline
        self.keepBodies = keepBodies
        self.done = done
        due = start
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        guard deadline.map({ NIODeadline.now() < $0 }) ?? true, let index = queue.take() else {
            return finish(context)
        }
        self.index = index
        guard let interval else {
            due = .now()
            return send(index, context)
        }
        due = start + .nanoseconds(interval * Int64(index))
        guard due > .now() else { return send(index, context) }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: due) {
            let (poster, context) = loopBound.value
            poster.send(index, context)
        }
    }

    private func send(_ index: Int, _ context: ChannelHandlerContext) {
        let post = queue.posts[index]
        context.write(wrapOutboundOut(.head(post.head(host: host))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: post.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let part): if keepBodies { body += Array(part.readableBytesView) }
        case .end:
            record(status: status)
            body = []
            schedule(context)
        }
    }

    private func record(status: Int) {
        guard let index else { return }
        self.index = nil
        let latency = (NIODeadline.now() - due).nanoseconds
        results.append(Result(index: index, status: status, latency: latency, body: body))
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        done.succeed(results)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A hub that was killed: what was under way has no answer, and counts as none.
        if !isDone { record(status: 0) }
        finish(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
