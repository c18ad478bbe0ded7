import Testing

@testable import Edge

@Suite struct CredentialFinderTests {
    private let finder = CredentialFinder(sessionCookie: "s")

    private func found(_ headers: EdgeHeaders) -> EdgeCredential? {
        finder.credential(in: EdgeRequest(host: "a.example", headers: headers))
    }

    @Test func `A bearer token comes before a session`() {
        #expect(found(["cookie": "s=c", "authorization": "bearer  t"]) == .bearer("t"))
    }

    @Test func `Another scheme is no token`() {
        #expect(found(["authorization": "Basic dTpw", "cookie": "x=1; s=c"]) == .session("c"))
    }

    @Test func `Two Authorization fields are one wrong token`() {
        #expect(found(["authorization": "Bearer a", "Authorization": "Bearer b"]) == .bearer(""))
    }

    @Test func `Chunks of a cookie are put together in order`() {
        #expect(found(["cookie": "s_1=b; s_0=a; s_3=d"]) == .session("ab"))
    }

    @Test func `A certificate is read only where that is configured`() {
        let request = EdgeRequest(host: "a", headers: ["x-forwarded-client-cert": "By=x"])
        #expect(finder.credential(in: request) == nil)
        #expect(CredentialFinder(takesCertificates: true).credential(in: request) == .certificate("By=x"))
    }
}
