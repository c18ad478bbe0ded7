import Edge
import FoundationEssentials
import Testing

@testable import EdgeServer

struct CheckRequestTests {
    /// What Envoy sends for `GET https://Iris.example.com/v1/models/iris:predict?x=1?y`.
    static var check: Envoy_Service_Auth_V3_CheckRequest {
        var check = Envoy_Service_Auth_V3_CheckRequest()
        check.attributes.request.http.method = "GET"
        check.attributes.request.http.scheme = "https"
        check.attributes.request.http.host = "Iris.example.com:8443"
        check.attributes.request.http.path = "/v1/models/iris:predict?x=1?y"
        check.attributes.request.http.headers = [
            ":path": "/v1/models/iris:predict?x=1?y", ":authority": "Iris.example.com", "authorization": "Bearer a.b.c",
            "x-forwarded-client-cert": "Hash=1;URI=spiffe://cluster.local/ns/a/sa/b",
        ]
        check.attributes.source.address.socketAddress.address = "192.0.2.7"
        check.attributes.source.principal = "spiffe://cluster.local/ns/a/sa/b"
        check.attributes.destination.address.socketAddress.portValue = 8443
        check.attributes.contextExtensions = ["policy": "models", "other": "x"]
        return check
    }

    static func request(
        isTrusted: Bool = true, _ change: (inout Envoy_Service_Auth_V3_CheckRequest) -> Void = { _ in }
    ) -> EdgeRequest? {
        var check = check
        change(&check)
        return EdgeRequest(check, caller: "127.0.0.1", isTrusted: isTrusted)
    }

    @Test func `A question names the client's request`() throws {
        let request = try #require(Self.request())
        #expect(request.method == "GET")
        #expect(request.scheme == "https")
        #expect(request.host == "iris.example.com:8443")
        #expect(request.path == "/v1/models/iris:predict")
        #expect(request.query == "x=1?y")
        #expect(request.clientAddress == "192.0.2.7")
        #expect(request.peerAddress == "192.0.2.7")
        #expect(request.peerPrincipal == "spiffe://cluster.local/ns/a/sa/b")
        #expect(request.destinationPort == 8443)
        #expect(request.policySelector == "models")
        #expect(request.headers.fields.map(\.name).sorted() == ["authorization", "x-forwarded-client-cert"])
        #expect(request.headers.only("authorization") == "Bearer a.b.c")
    }

    @Test func `Who is not trusted is not believed about its client`() throws {
        let request = try #require(Self.request(isTrusted: false))
        #expect(request.clientAddress == "127.0.0.1")
        #expect(request.peerAddress == "127.0.0.1")
        #expect(request.peerPrincipal == nil)
        #expect(request.scheme == "http")
        #expect(!request.headers.contains("x-forwarded-client-cert"))
        #expect(request.headers.contains("authorization"))
    }

    @Test func `Raw headers count instead of joined ones, and stay apart`() throws {
        let request = try #require(
            Self.request { check in
                check.attributes.request.http.headerMap.headers = [
                    ("Authorization", "Bearer one"), ("authorization", "Bearer two"), (":path", "/"), ("x-raw", "ü"),
                ].map { name, value in
                    var field = Envoy_Service_Auth_V3_HeaderValue()
                    field.key = name
                    field.rawValue = Data(value.utf8)
                    return field
                }
            })
        #expect(request.headers.all("authorization") == ["Bearer one", "Bearer two"])
        #expect(request.headers.only("authorization") == nil)
        #expect(request.headers.first("x-raw") == "ü")
        #expect(!request.headers.contains(":path"))
    }

    @Test(arguments: ["", "*", "models", "?x"]) func `What has no path is no question`(path: String) {
        #expect(Self.request { $0.attributes.request.http.path = path } == nil)
    }

    @Test(arguments: ProxiedRequestTests.noHosts) func `What names no host is no question`(host: String) {
        #expect(Self.request { $0.attributes.request.http.host = host } == nil)
    }

    @Test(arguments: ["/a b", "/\u{301}/../secret", "/a\u{7F}", "/a?\u{E9}"])
    func `A target with what must be escaped is no question`(path: String) {
        #expect(Self.request { $0.attributes.request.http.path = path } == nil)
    }

    @Test func `What is not HTTP is no question`() {
        #expect(Self.request { $0.attributes.clearRequest() } == nil)
        #expect(Self.request { $0 = .init() } == nil)
        #expect(Self.request { $0.attributes.request.http.method = "" } == nil)
    }

    @Test func `What is not told is unknown`() throws {
        let request = try #require(
            Self.request { check in
                check.attributes.contextExtensions = [:]
                check.attributes.clearSource()
                check.attributes.clearDestination()
                check.attributes.request.http.path = "/"
            })
        #expect(request.policySelector == nil)
        #expect(request.peerPrincipal == nil)
        #expect(request.destinationPort == nil)
        #expect(request.clientAddress == "")
        #expect(request.query == "")
    }
}
