import Testing

@testable import Upstream

@Test func `Headers are found whatever their case`() {
    let response = UpstreamResponse(
        status: 200, headers: [.init("Content-Type", "application/json"), .init("content-type", "other")])
    #expect(response[header: "CONTENT-type"] == "application/json")
    #expect(response[header: "Link"] == nil)
}

@Test func `Headers are found by their bytes`() {
    let response = UpstreamResponse(status: 200, headers: [.init("Lin\u{212A}", "<x>; rel=next"), .init("link", "real")])
    #expect(response[header: "Link"] == "real")
    #expect(UpstreamResponse(status: 200, headers: [.init("Lin\u{212A}", "x")])[header: "link"] == nil)
}

@Test(
    arguments: [
        ("application/jwt", true), ("APPLICATION/JWT; charset=utf-8", true), (" application/jwt ;x", true),
        ("application/jwtx", false),
        ("application/jwt\u{301}", false), ("text/plain, application/jwt", false), (nil, false),
    ] as [(String?, Bool)])
func `A media type is what stands before its parameters`(_ field: String?, _ isOne: Bool) {
    let response = UpstreamResponse(status: 200, headers: field.map { [.init("Content-Type", $0)] } ?? [])
    #expect(response.isOf(type: "application/jwt") == isOne)
}
