import Testing

@testable import Directory

@Test func `The library is there`() {
    #expect(LibraryVersion.number > 0)
}
