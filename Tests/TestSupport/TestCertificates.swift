/// Certificates made by openssl(1) for one test.
package enum TestCertificates {
    /// Leaves `ca.pem`, `cert.pem`, `key.pem` for loopback, and `expired.pem` of the same key, in the directory.
    package static func make(in directory: TemporaryDirectory) throws {
        let script = """
            set -e
            cd "$1"
            new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
            openssl req -x509 $new -keyout ca.key -out ca.pem -subj '/CN=test authority' -days 2 2>/dev/null
            openssl req $new -keyout key.pem -out csr.pem -subj '/CN=localhost' 2>/dev/null
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\\n' >names.cnf
            openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names.cnf \
              -out cert.pem 2>/dev/null
            """
        try ChildProcess.run("sh", ["-c", script, "sh", directory.path])
    }
}
