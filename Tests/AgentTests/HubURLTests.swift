import Testing

@testable import Agent

struct HubURLTests {
    @Test(arguments: [
        "https://hub.example", "https://[2001:db8::1]:8443/vigie", "http://127.0.0.1:8080", "http://localhost",
        "http://[::1]:80/x",
    ])
    func tokensMayGo(url: String) { #expect(HubURL.isSafe(url)) }

    @Test(arguments: [
        "http://hub.example", "http://127.0.0.1.example", "http://localhost@evil.example", "http://10.0.0.1",
        "http://[::1].example", "http://127.0.0.1#@evil.example", "https://hub.example\\@evil.example",
        "https://user@hub.example", "ftp://localhost", "", "hub.example",
        "http://localhost:pass@evil.example/",
    ])
    func tokensMayNotGo(url: String) {
        #expect(!HubURL.isSafe(url))
    }
}
