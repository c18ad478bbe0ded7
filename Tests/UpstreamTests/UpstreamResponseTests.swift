import Testing

@testable import Upstream

@Test func `Headers are found whatever their case`() {
    let response = UpstreamResponse(
        status: 200, headers: [.init("Content-Type", "application/json"), .init("content-type", "other")])
    #expect(response[header: "CONTENT-type"] == "application/json")
    #expect(response[header: "Link"] == nil)
}
