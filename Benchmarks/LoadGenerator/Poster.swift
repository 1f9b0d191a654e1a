import NIOCore
import NIOHTTP1

/// Posts every `stride`-th request on one connection, the next one when the one before is answered.
final class Poster: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let posts: [Post]
    private let stride: Int
    private let host: String
    private let start: NIODeadline
    private let interval: Int64?
    private let deadline: NIODeadline?
    private let keepBodies: Bool
    private let done: EventLoopPromise<[Result]>
    private var index: Int
    private var due: NIODeadline
    private var status = 0
    private var body: [UInt8] = []
    private var results: [Result] = []
    private var isDone = false

    init(
        posts: [Post], first: Int, stride: Int, host: String, start: NIODeadline, interval: Int64?,
        deadline: NIODeadline?, keepBodies: Bool, done: EventLoopPromise<[Result]>
    ) {
        self.posts = posts
        self.stride = stride
        self.host = host
        self.start = start
        self.interval = interval
        self.deadline = deadline
        self.keepBodies = keepBodies
        self.done = done
        index = first
        due = start
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        schedule(context)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        guard index < posts.count, deadline.map({ NIODeadline.now() < $0 }) ?? true else { return finish(context) }
        guard let interval else {
            due = .now()
            return send(context)
        }
        due = start + .nanoseconds(interval * Int64(index))
        guard due > .now() else { return send(context) }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: due) {
            let (poster, context) = loopBound.value
            poster.send(context)
        }
    }

    private func send(_ context: ChannelHandlerContext) {
        let post = posts[index]
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
            index += stride
            schedule(context)
        }
    }

    private func record(status: Int) {
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
        if !isDone, index < posts.count { record(status: 0) }
        finish(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
