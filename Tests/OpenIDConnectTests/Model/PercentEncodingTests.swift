import Testing

@testable import OpenIDConnect

@Suite("Percent-encoding") struct PercentEncodingTests {
    @Test("of any text comes back, and holds nothing that means something in a URL")
    func roundTrip() throws {
        for _ in 0..<500 {
            let text = String(
                String.UnicodeScalarView((0..<20).compactMap { _ in Unicode.Scalar(UInt32.random(in: 1...0x2FFF)) }))
            let encoded = PercentEncoding.encode(text)
            #expect(
                encoded.utf8.allSatisfy {
                    ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || "-._~%".utf8.contains($0)
                })
            #expect(try PercentEncoding.decode(encoded[...]) == text)
        }
    }

    @Test(
        "that is broken is refused",
        arguments: [
            ("%", PercentEncoding.Failure.invalidEscape), ("%4", .invalidEscape), ("%4g", .invalidEscape), ("%ff", .invalidUTF8),
            ("a%00", .containsNUL),
        ])
    func broken(text: String, failure: PercentEncoding.Failure) {
        #expect(throws: failure) { try PercentEncoding.decode(text[...]) }
    }
}
