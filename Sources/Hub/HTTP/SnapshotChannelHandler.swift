import Contracts
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The short way of a snapshot over HTTP: read, checked and handed to the writer on the thread that took it from the
/// connection, answered when the writer has it on the disk.
///
/// It takes what most requests are: a small snapshot of a machine that is known, which `SnapshotReader` reads the short
/// way. It judges nothing: any other request goes on to the router, whose `SnapshotRoute` is the one judge, its body in one
/// piece. What the writer says of a snapshot is the same answer on both ways.
///
/// One request of a connection is under way at a time, so that answers keep their order; what comes behind it waits here,
/// and once something does, nothing more is read.
final class SnapshotChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Bytes of a body as sent, and inflated, that may be read between two looks at other connections.
    private static let bodyLimit = 8 * 1024
    private static let inflateLimit = 128 * 1024

    private enum State {
        case idle
        /// The body of what may be a snapshot for the short way.
        case receiving(Beginning, body: [UInt8])
        /// The writer has it.
        case answering(AuthenticatedMachine, Submission)
        /// The rest of a request that goes to the router.
        case passing
    }

    private struct Beginning {
        let head: HTTPRequestHead
        let said: SnapshotRoute.Said
        let machine: AuthenticatedMachine
        let receivedAt: Timestamp
    }

    /// What came behind a snapshot that is under way, in its order.
    private enum Waiting {
        case part(HTTPServerRequestPart)
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

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)):
            if let beginning = begin(head, context) {
                state = .receiving(beginning, body: [])
            } else {
                pass(part, context)
            }
        case (.receiving(let beginning, var body), .body(let more)):
            guard route.inFlight.take(more.readableBytes) else {
                pass(beginning, body, context)
                return pass(part, context)
            }
            taken += more.readableBytes
            // No more than the head says: the decoder counts.
            body += more.readableBytesView
            state = .receiving(beginning, body: body)
        case (.receiving(let beginning, let body), .end(let trailers)):
            guard trailers == nil, submit(beginning, body, context) else {
                pass(beginning, body, context)
                return pass(part, context)
            }
        default:
            pass(part, context)
        }
    }

    // MARK: The router's requests

    private func pass(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head:
            passed += 1
            state = .passing
        case .body: break
        case .end: state = .idle
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    /// What was received of a request that is not for the short way.
    private func pass(_ beginning: Beginning, _ body: [UInt8], _ context: ChannelHandlerContext) {
        release()
        pass(.head(beginning.head), context)
        quiesce(context)
        if !body.isEmpty { pass(.body(ByteBuffer(bytes: body)), context) }
    }

    /// The connection ends, or what comes is no HTTP: the router is to see what was received.
    private func passReceived(_ context: ChannelHandlerContext) {
        if case .receiving(let beginning, let body) = state { pass(beginning, body, context) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // What could not be read as HTTP is answered, too, and was no request.
        if case .end = unwrapOutboundIn(data) { passed = max(0, passed - 1) }
        context.write(data, promise: promise)
    }

    // MARK: The short way

    /// Nil unless the head says a small snapshot of a machine that is known, and nothing out of the ordinary, on a
    /// connection whose answers are taken. Whose it is comes first: what nobody answers for is not held here.
    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> Beginning? {
        guard passed == 0, head.method == .POST, head.uri == "/v1/snapshots", head.version == .http1_1,
            context.channel.isWritable, let fields = SnapshotFields(head.headers)
        else { return nil }
        let limit = min(Self.bodyLimit, route.limits.compressedBytes)
        guard let length = fields.contentLength.flatMap({ Int($0) }), (1...max(1, limit)).contains(length),
            fields.contentType == "application/json", fields.contentEncoding == "gzip",
            let token = fields.authorization.flatMap({ BearerToken.read(header: $0) }),
            let machine = route.authenticator.known(token)
        else { return nil }
        return Beginning(head: head, said: fields.said, machine: machine, receivedAt: route.now())
    }

    /// Hands it to the writer; false where the long way is to look at it.
    private func submit(_ beginning: Beginning, _ body: [UInt8], _ context: ChannelHandlerContext) -> Bool {
        let machine = beginning.machine
        guard route.rateLimiter.take(machine.id) == nil else { return false }
        guard
            let submission = route.readCanonical(
                beginning.said, from: peerAddress, machine, body, inflateLimit: Self.inflateLimit,
                receivedAt: beginning.receivedAt)
        else {
            // The long way takes it from the machine's rate itself.
            route.rateLimiter.giveBack(machine.id)
            return false
        }
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
        var headers = HTTPHeaders()
        for field in reply.fields { headers.add(name: field.name.rawName, value: field.value) }
        headers.add(name: "Content-Length", value: "\(reply.body.count)")
        headers.add(name: "Date", value: date.text)
        let head = HTTPResponseHead(
            version: .http1_1,
            status: HTTPResponseStatus(statusCode: reply.status.code, reasonPhrase: reply.status.reasonPhrase),
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
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
        if isAnswering { return waiting.append(.error(error)) }
        passReceived(context)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            waitsToQuiesce = true
            quiesce(context)
        } else if isAnswering {
            waiting.append(.event(event))
        } else {
            if event is ChannelEvent { passReceived(context) }
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func quiesce(_ context: ChannelHandlerContext) {
        guard waitsToQuiesce else { return }
        switch state {
        case .receiving, .answering: break
        case .idle, .passing:
            waitsToQuiesce = false
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
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
            case .error(let error): errorCaught(context: context, error: error)
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            }
        }
        if !came.isEmpty { context.fireChannelReadComplete() }
        guard !isAnswering else { return }
        quiesce(context)
        if waitsToRead {
            waitsToRead = false
            context.read()
        }
    }
}

/// The headers that decide whether a request is for the short way, found in one pass.
private struct SnapshotFields {
    private(set) var contentLength: String?
    private(set) var contentType: String?
    private(set) var contentEncoding: String?
    private(set) var authorization: String?
    private(set) var said = SnapshotRoute.Said()

    /// Nil where one of them comes twice, or one that is out of the ordinary comes at all.
    init?(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            var isFirst = true
            func keep(_ field: inout String?) {
                isFirst = field == nil
                // Blanks behind a value are no part of it.
                let blanks = value.utf8.reversed().prefix { $0 == 0x20 || $0 == 0x09 }.count
                field = blanks == 0 ? value : String(value.dropLast(blanks))
            }
            if name.isHeader("content-length") {
                keep(&contentLength)
            } else if name.isHeader("content-type") {
                keep(&contentType)
            } else if name.isHeader("content-encoding") {
                keep(&contentEncoding)
            } else if name.isHeader("authorization") {
                keep(&authorization)
            } else if name.isHeader("content-digest") {
                keep(&said.contentDigest)
            } else if name.isHeader("date") {
                keep(&said.date)
            } else if name.isHeader("x-forwarded-for") {
                keep(&said.forwardedFor)
            } else if name.isHeader("expect") || name.isHeader("connection") || name.isHeader("transfer-encoding") {
                return nil
            }
            guard isFirst else { return nil }
        }
    }
}

extension String {
    /// Whether it names that header, in whatever case (RFC 9110, 5.1).
    ///
    /// - Parameter name: in lower case.
    fileprivate func isHeader(_ name: StaticString) -> Bool {
        guard utf8.count == name.utf8CodeUnitCount else { return false }
        let expected = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return zip(utf8, expected).allSatisfy { (65...90).contains($0) ? $0 | 0x20 == $1 : $0 == $1 }
    }
}
