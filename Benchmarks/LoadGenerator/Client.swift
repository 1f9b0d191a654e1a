import Contracts
import NIOCore
import NIOHTTP1

/// One kept connection that takes a request when the one before is answered.
struct Client: Sendable {
    struct Answer: Sendable {
        var status: Int
        var retryAfterSeconds: Int?
    }

    private let channel: any Channel
    private let host: String
    private let exchange: NIOLoopBound<Exchange>

    static func connect(_ connector: Connector, on loop: any EventLoop) async throws -> Client {
        let channel = try await connector.connect(on: loop) { Exchange() }.get()
        let exchange = try await loop.submit {
            NIOLoopBound(try channel.pipeline.syncOperations.handler(type: Exchange.self), eventLoop: loop)
        }.get()
        return Client(channel: channel, host: connector.target.host, exchange: exchange)
    }

    /// - Throws: where the connection ends before the answer, or no answer comes in time.
    func post(_ post: Post, timeout: TimeAmount = .seconds(60)) async throws -> Answer {
        let (channel, host, exchange) = (channel, host, exchange)
        return try await channel.eventLoop.flatSubmit {
            let promise = channel.eventLoop.makePromise(of: Answer.self)
            exchange.value.begin(promise)
            let late = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
            promise.futureResult.whenComplete { _ in late.cancel() }
            channel.write(HTTPClientRequestPart.head(post.head(host: host)), promise: nil)
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: post.body))), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            return promise.futureResult
        }.get()
    }

    func close() { channel.close(promise: nil) }
}

extension Post {
    func head(host: String) -> HTTPRequestHead {
        var headers = HTTPHeaders([
            ("Host", host), ("Content-Type", contentType), ("Content-Length", String(body.count)),
        ])
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let contentEncoding { headers.add(name: "Content-Encoding", value: contentEncoding) }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers)
    }
}

/// Hands an answer to whoever asked.
final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var waiting: EventLoopPromise<Client.Answer>?
    private var answer = Client.Answer(status: 0)
    private var isClosed = false

    func begin(_ promise: EventLoopPromise<Client.Answer>) {
        guard !isClosed else { return promise.fail(ChannelError.ioOnClosedChannel) }
        waiting = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = Client.Answer(
                status: Int(head.status.code),
                retryAfterSeconds: head.headers.first(name: "Retry-After").flatMap { Int($0) })
        case .body: break
        case .end:
            waiting?.succeed(answer)
            waiting = nil
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        waiting?.fail(ChannelError.eof)
        waiting = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
