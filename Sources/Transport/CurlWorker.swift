import CCurl
import Glibc

/// The thread that owns a curl handle, and the queue before it.
final class CurlWorker: @unchecked Sendable {
    struct Configuration: Sendable {
        var trust: HTTPTrust
        var unixSocket: String?
        var proxy: String?
        var userAgent: String
    }

    struct Job: Sendable {
        var request: HTTPRequest
        var onBytes: (@Sendable ([UInt8]) -> Bool)?
        var cancelled: CancellationFlag
        var finish: @Sendable (Result<HTTPResponse, HTTPFailure>) -> Void
    }

    // Unchecked: `jobs`, `isClosed` and `isStarted` are only touched under `lock`.
    private let configuration: Configuration
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [Job] = []
    private var isClosed = false
    private var isStarted = false

    /// libcurl wants this once for a process, before anything else.
    private static let globalInitialization: Void = {
        _ = CryptoLibrary.isPrepared
        _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    }()

    init(configuration: Configuration) {
        self.configuration = configuration
        lock = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    func enqueue(_ job: Job) {
        pthread_mutex_lock(lock)
        jobs.append(job)
        let start = !isStarted
        isStarted = true
        pthread_cond_signal(changed)
        pthread_mutex_unlock(lock)
        if start { DedicatedThread.start { self.run() } }
    }

    /// Lets the thread end after the jobs that wait.
    func close() {
        pthread_mutex_lock(lock)
        isClosed = true
        pthread_cond_signal(changed)
        pthread_mutex_unlock(lock)
    }

    private func next() -> Job? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while jobs.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(changed, lock)
        }
        return jobs.removeFirst()
    }

    private func run() {
        // With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us; a signal for this thread must not end the process.
        withUnsafeTemporaryAllocation(of: sigset_t.self, capacity: 1) { buffer in
            sigemptyset(buffer.baseAddress!)
            sigaddset(buffer.baseAddress!, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, buffer.baseAddress!, nil)
        }
        _ = Self.globalInitialization
        let handle = curl_easy_init()
        defer { curl_easy_cleanup(handle) }
        while let job = next() {
            if job.cancelled.isRaised {
                job.finish(.failure(HTTPFailure(kind: .cancelled, message: "cancelled")))
            } else if let handle {
                job.finish(CurlTransfer(job: job, configuration: configuration).perform(on: handle))
            } else {
                job.finish(.failure(HTTPFailure(kind: .other, message: "libcurl has no memory for a handle")))
            }
        }
    }
}
