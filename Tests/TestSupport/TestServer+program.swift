extension TestServer {
    static let program = """
        import base64, gzip, hashlib, json, os, ssl, sys, threading, time
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        directory, mode = sys.argv[1], sys.argv[2]
        lock = threading.Lock()
        position = 0
        script_seen = None

        def next_answer():
            global position, script_seen
            path = os.path.join(directory, "script.json")
            stamp = os.stat(path).st_ino
            if stamp != script_seen:
                script_seen, position = stamp, 0
            answers = json.load(open(path))
            answer = answers[min(position, len(answers) - 1)]
            position += 1
            return answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def log_message(self, *arguments):
                pass

            def answer(self, status, body, headers={}, length=None):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def machine(self):
                try:
                    body = open(os.path.join(directory, "machine.json"), "rb").read()
                    self.answer(200, body, {"Content-Type": "application/json"})
                except FileNotFoundError:
                    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found"}
                    self.answer(404, json.dumps(problem).encode(), {"Content-Type": "application/problem+json"})
                with open(os.path.join(directory, "asked.txt"), "a") as file:
                    file.write(self.headers.get("Authorization", "") + "\\n")

            def hub(self, body):
                inflated = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                record = {
                    "path": self.path, "method": self.command, "headers": dict(self.headers),
                    "body": inflated.decode(),
                    "digest": "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode()}
                with lock:
                    with open(os.path.join(directory, "requests.jsonl"), "a") as file:
                        file.write(json.dumps(record) + "\\n")
                    if self.path == "/v1/ca":
                        pem = open(os.path.join(directory, "ca.pem")).read()
                        return self.answer(200, json.dumps({"certificates": [pem]}).encode(),
                                           {"Content-Type": "application/json"})
                    answer = next_answer()
                text = answer["body"]
                try:
                    text = text.replace("{id}", json.loads(inflated)["snapshot_id"])
                except Exception:
                    pass
                self.answer(answer["status"], text.encode(), answer["headers"])

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path
                if path == "/v1/machine":
                    self.machine()
                elif path.startswith("/v1/"):
                    self.hub(body)
                elif path == "/case/echo":
                    seen = {"method": self.command, "headers": dict(self.headers), "body": body.decode(),
                            "client": self.client_address[1]}
                    self.answer(200, json.dumps(seen).encode(), {"Content-Type": "application/json"})
                elif path == "/case/portal":
                    self.answer(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
                elif path == "/case/redirect":
                    self.answer(302, b"", {"Location": "/case/echo"})
                elif path == "/case/seconds":
                    self.answer(503, b"", {"Retry-After": "120"})
                elif path == "/case/date":
                    self.answer(503, b"", {"Retry-After": "Sat, 21 Nov 2026 07:44:36 GMT"})
                elif path == "/case/big":
                    self.answer(200, b"x" * 300000)
                elif path == "/case/truncated":
                    self.answer(200, b"x" * 10, length=100)
                    self.close_connection = True
                elif path == "/case/silent":
                    time.sleep(20)
                elif path == "/case/stream":
                    self.send_response(200)
                    self.send_header("Connection", "close")
                    self.end_headers()
                    for number in range(1000):
                        self.wfile.write(b"line %d\\n" % number)
                        self.wfile.flush()
                        time.sleep(0.01)
                else:
                    self.answer(404, b"")

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass

        # A test run that is killed must not leave its servers behind.
        def watch(parent):
            while os.getppid() == parent:
                time.sleep(0.5)
            os._exit(0)

        threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
        server = Server(("127.0.0.1", 0), Handler)
        if mode == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem"))
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """
}
