import Contracts
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The short way of a snapshot over HTTP: read, checked and handed to the writer on the thread that took it from the
/// connection, answered when the writer has it on the disk.
///
/// It takes what most requests are: a small snapshot of a machine that is known, which `SnapshotReader` reads the short
/// way. It refuses nothing: any other request goes on to the router as it came, whose `SnapshotRoute` is the one judge.
/// What the writer says of a snapshot is the same answer on both ways.
///
/// One request of a connection is under way at a time, so that answers keep their order; what comes behind it waits here,
/// and once something does, nothing more is read.
final class SnapshotChannelHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes of a body as sent, and inflated, that may be read between two looks at other connections.
    private static let bodyLimit = 8 * 1024
    private static let inflateLimit = 128 * 1024

    private enum State {
        case idle
        /// The body of what may be a snapshot for the short way.
        case receiving(HTTPRequest, body: [UInt8])
        /// The writer has it.
        case answering(AuthenticatedMachine, Submission)
        /// The rest of a request that goes to the router.
        case passing
    }

    /// What came behind a snapshot that is under way, in its order.
    private enum Waiting {
        case part(HTTPRequestPart)
        case error(any Error)
        case event(Any)
    }

    private let route: SnapshotRoute
    private let date: ResponseDate
    private var state = State.idle
    /// Requests that went to the router and are not answered to their end.
    private var passed = 0
    private var waiting: [Waiting] = []
    private var waitsToRead = false
    /// The hub stops: behind this handler nobody knows that a snapshot is under way, and the connection would be closed.
    private var waitsToQuiesce = false
    private var taken = 0
    /// Of the connection's other end, without port.
    private var peerAddress: String?
    private var context: ChannelHandlerContext?

    init(route: SnapshotRoute, date: ResponseDate) {
        self.route = route
        self.date = date
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peerAddress = context.channel.remoteAddress?.ipAddress
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // What the writer has is in flight until it answers.
        if !isAnswering { release() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isAnswering { waiting.append(.part(part)) } else { take(part, context) }
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)) where passed == 0 && Self.mayBeShort(head):
            state = .receiving(head, body: [])
        case (.receiving(let head, var body), .body(let part)):
            state = .idle
            guard route.inFlight.take(part.readableBytes) else {
                pass(head, body, context)
                return take(.body(part), context)
            }
            taken += part.readableBytes
            // No more than the head says: the decoder counts.
            body += part.readableBytesView
            state = .receiving(head, body: body)
        case (.receiving(let head, let body), .end(let trailers)):
            guard trailers == nil, submit(head, body, context) else {
                pass(head, body, context)
                return take(.end(trailers), context)
            }
        default:
            pass(part, context)
        }
    }

    // MARK: The router's requests

    private func pass(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head:
            passed += 1
            state = .passing
        case .body: break
        case .end: state = .idle
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func pass(_ head: HTTPRequest, _ body: [UInt8], _ context: ChannelHandlerContext) {
        release()
        pass(.head(head), context)
        quiesce(context)
        if !body.isEmpty { pass(.body(ByteBuffer(bytes: body)), context) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // What could not be read as HTTP is answered, too, and was no request.
        if case .end = unwrapOutboundIn(data) { passed = max(0, passed - 1) }
        context.write(data, promise: promise)
    }

    // MARK: The short way

    /// What the head says: a POST of a small snapshot, and nothing out of the ordinary.
    private static func mayBeShort(_ head: HTTPRequest) -> Bool {
        guard head.method == .post, head.path == "/v1/snapshots" else { return false }
        let fields = head.headerFields
        guard let length = fields[.contentLength].flatMap({ Int($0) }), (1...bodyLimit).contains(length) else {
            return false
        }
        return fields[.contentType] == "application/json" && fields[.contentEncoding] == "gzip"
            && !fields.contains(.expect) && !fields.contains(.connection) && !fields.contains(.transferEncoding)
    }

    /// Hands it to the writer; false where the long way is to look at it.
    private func submit(_ head: HTTPRequest, _ body: [UInt8], _ context: ChannelHandlerContext) -> Bool {
        let fields = head.headerFields
        let receivedAt = route.now()
        guard let token = BearerToken.read(fields), let machine = route.authenticator.known(token),
            let submission = route.readCanonical(
                fields, from: peerAddress, machine, body, inflateLimit: Self.inflateLimit, receivedAt: receivedAt),
            route.rateLimiter.take(machine.id) == nil
        else { return false }
        state = .answering(machine, submission)
        route.meters.tookShortWay()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        route.writer.submit(submission) { outcome in loop.execute { bound.value.answered(outcome) } }
        return true
    }

    private func answered(_ outcome: IngestOutcome) {
        release()
        guard case .answering(let machine, let submission) = state else { return }
        state = .idle
        let reply = route.reply(to: outcome, submission, machine)
        route.meters.answered(reply.status.code)
        guard let context else { return }
        write(reply, context)
        resume(context)
    }

    private func write(_ reply: Reply, _ context: ChannelHandlerContext) {
        var fields = reply.fields
        fields[.contentLength] = "\(reply.body.count)"
        fields[.date] = date.text
        context.write(wrapOutboundOut(.head(HTTPResponse(status: reply.status, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: reply.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func release() {
        route.inFlight.give(back: taken)
        taken = 0
    }

    // MARK: What waits for an answer

    private var isAnswering: Bool { if case .answering = state { true } else { false } }

    /// Only where something waits already, so that a connection is not taken off the list of those that are watched, and
    /// put there again, with each request.
    func read(context: ChannelHandlerContext) {
        if isAnswering, !waiting.isEmpty { waitsToRead = true } else { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isAnswering { waiting.append(.error(error)) } else { context.fireErrorCaught(error) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            waitsToQuiesce = true
            switch state {
            case .idle, .passing: quiesce(context)
            case .receiving, .answering: break
            }
        } else if isAnswering {
            waiting.append(.event(event))
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func quiesce(_ context: ChannelHandlerContext) {
        guard waitsToQuiesce else { return }
        waitsToQuiesce = false
        context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    /// After an answer.
    private func resume(_ context: ChannelHandlerContext) {
        let came = waiting
        waiting = []
        for (index, next) in came.enumerated() {
            if isAnswering {
                waiting += came[index...]
                break
            }
            switch next {
            case .part(let part): take(part, context)
            case .error(let error): context.fireErrorCaught(error)
            case .event(let event): context.fireUserInboundEventTriggered(event)
            }
        }
        if !came.isEmpty { context.fireChannelReadComplete() }
        guard !isAnswering else { return }
        if case .idle = state { quiesce(context) }
        if waitsToRead {
            waitsToRead = false
            context.read()
        }
    }
}
