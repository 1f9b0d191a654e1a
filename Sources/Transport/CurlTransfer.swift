import CCurl
import Glibc

/// One exchange on a curl handle: sets every option anew, performs, collects.
final class CurlTransfer {
    private let job: CurlWorker.Job
    private let configuration: CurlWorker.Configuration
    private var headers: [HTTPField] = []
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var isStopped = false

    private static let connectTimeoutMilliseconds = 15_000

    init(job: CurlWorker.Job, configuration: CurlWorker.Configuration) {
        self.job = job
        self.configuration = configuration
    }

    func perform(on handle: UnsafeMutableRawPointer) -> Result<HTTPResponse, HTTPFailure> {
        // Keeps connections, TLS sessions and the DNS cache; forgets every option of the exchange before.
        curl_easy_reset(handle)
        let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer {
            _ = vigie_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, nil)
            errorBuffer.deallocate()
        }
        _ = vigie_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorBuffer)
        let lines = headerLines()
        defer { curl_slist_free_all(lines) }
        setOptions(handle, headers: lines)
        let code = withBody(handle) { curl_easy_perform(handle) }
        var status = 0
        _ = vigie_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        if code == CURLE_OK || (isStopped && code == CURLE_WRITE_ERROR) {
            return .success(HTTPResponse(status: status, headers: headers, body: body))
        }
        return .failure(failure(code, detail: String(cString: errorBuffer)))
    }

    private func setOptions(_ handle: UnsafeMutableRawPointer, headers: UnsafeMutablePointer<curl_slist>?) {
        let request = job.request
        let context = Unmanaged.passUnretained(self).toOpaque()
        func set(_ option: CURLoption, _ value: String?) { _ = vigie_curl_set_string(handle, option, value) }
        func set(_ option: CURLoption, _ value: Int) { _ = vigie_curl_set_long(handle, option, value) }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        // HTTP/2 would cost memory on both sides and gain nothing for one request at a time.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, min(Self.connectTimeoutMilliseconds, Int(request.timeoutSeconds * 1000)))
        if job.onBytes == nil { set(CURLOPT_TIMEOUT_MS, max(1, Int(request.timeoutSeconds * 1000))) }
        if let socket = configuration.unixSocket {
            set(CURLOPT_UNIX_SOCKET_PATH, socket)
            set(CURLOPT_PROXY, "")
        } else if let proxy = configuration.proxy {
            set(CURLOPT_PROXY, proxy)
        }
        switch configuration.trust {
        case .system: break
        case .pem(let bytes):
            _ = bytes.withUnsafeBytes { vigie_curl_set_ca(handle, $0.baseAddress, $0.count) }
            // Debian's libcurl has a default directory besides the bundle; left in, every public authority would be
            // trusted next to the pinned one.
            set(CURLOPT_CAPATH, nil)
        case .unverified:
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        _ = vigie_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
        _ = vigie_curl_set_write(handle, { CurlTransfer.from($3).receive(body: $0, count: $1 * $2) }, context)
        _ = vigie_curl_set_header(handle, { CurlTransfer.from($3).receive(header: $0, count: $1 * $2) }, context)
        _ = vigie_curl_set_progress(
            handle, { context, _, _, _, _ in CurlTransfer.from(context).job.cancelled.isRaised ? 1 : 0 }, context)
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// Sets method and body, which libcurl reads from our memory while it performs.
    private func withBody(_ handle: UnsafeMutableRawPointer, _ perform: () -> CURLcode) -> CURLcode {
        let method = job.request.method
        guard let body = job.request.body else {
            if method == "HEAD" {
                _ = vigie_curl_set_long(handle, CURLOPT_NOBODY, 1)
            } else if method != "GET" {
                _ = vigie_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, method)
            }
            return perform()
        }
        _ = vigie_curl_set_long(handle, CURLOPT_POST, 1)
        if method != "POST" { _ = vigie_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, method) }
        _ = vigie_curl_set_int64(handle, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count))
        // An empty array has no address, and without one libcurl would read the body from standard input.
        return (body.isEmpty ? [0] : body).withUnsafeBytes { bytes in
            _ = vigie_curl_set_pointer(
                handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return perform()
        }
    }

    private func headerLines() -> UnsafeMutablePointer<curl_slist>? {
        // A line without a value takes away what libcurl would send by itself.
        var lines = curl_slist_append(nil, "Expect:")
        func takeAway(_ name: String) {
            guard !job.request.headers.contains(where: { $0.name.lowercased() == name.lowercased() }) else { return }
            lines = curl_slist_append(lines, "\(name):")
        }
        // Without it anything is accepted, as libcurl's "*/*" says in 13 bytes more.
        takeAway("Accept")
        if job.request.body != nil { takeAway("Content-Type") }
        for field in job.request.headers {
            // A line break in a value would begin a header of its own.
            let value = String(decoding: field.value.utf8.filter { $0 >= 0x20 || $0 == 0x09 }, as: UTF8.self)
            lines = curl_slist_append(lines, "\(field.name): \(value)")
        }
        return lines
    }

    private func receive(header bytes: UnsafeMutablePointer<CChar>?, count: Int) -> Int {
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        // 1xx answers come before the real one.
        if line.hasPrefix("HTTP/") {
            headers = []
        } else if headers.count < 256, let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].utf8.filter { $0 >= 0x20 }
            let trimmed = value.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
            headers.append(HTTPField(name: String(line[..<colon]), value: String(decoding: trimmed, as: UTF8.self)))
        }
        return count
    }

    private func receive(body bytes: UnsafeMutablePointer<CChar>?, count: Int) -> Int {
        let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
        if let onBytes = job.onBytes {
            guard onBytes(Array(buffer)) else {
                isStopped = true
                return 0
            }
            return count
        }
        guard body.count + count <= job.request.responseLimit else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: buffer)
        return count
    }

    private func failure(_ code: CURLcode, detail: String) -> HTTPFailure {
        let kind: HTTPFailure.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
            case CURLE_COULDNT_CONNECT: .connect
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER: .tls
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: .certificate
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_WRITE_ERROR where isTooLarge: .tooLarge
            case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR: .closed
            case CURLE_ABORTED_BY_CALLBACK: .cancelled
            default: .other
            }
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        let lowered = text.prefix(1).lowercased() + text.dropFirst()
        switch kind {
        case .tooLarge:
            return HTTPFailure(
                kind: kind, message: "the answer is larger than \(job.request.responseLimit) bytes")
        case .cancelled: return HTTPFailure(kind: kind, message: "cancelled")
        default: return HTTPFailure(kind: kind, message: lowered)
        }
    }
}
