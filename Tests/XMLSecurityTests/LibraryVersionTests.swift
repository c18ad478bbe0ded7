import Testing

@testable import XMLSecurity

@Test func `The library is there`() {
    #expect(LibraryVersion.number > 0)
}
