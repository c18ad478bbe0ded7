import Bytes
import Edge

/// A path, read in each normal form.
struct PathTarget: FuzzTarget {
    static let name = "path"

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        for form in EdgePath.Normalization.allCases {
            guard let path = try? EdgePath(text, form) else {
                // A mark behind it joins a slash or a dot to one character, but is a byte like others.
                for mark in ["\u{301}", "\u{338}"] where (try? EdgePath(text + mark, form)) != nil {
                    fail("\(form): refused, and with \(mark.unicodeScalars.map(\.value)) taken")
                }
                continue
            }
            check(path.text.startsWithByte("/"), "\(form): \(path.text) is not absolute")
            if let again = try? EdgePath(path.text, form) {
                check(again.text.hasSameBytes(as: path.text), "\(form): \(path.text) becomes \(again.text)")
            } else {
                fail("\(form): what was made of it, \(path.text), is refused")
            }
            guard form != .none else { continue }
            check(text.isASCII, "\(form): bytes beyond ASCII")
            let segments = path.text.cut(at: "/").dropFirst()
            check(!segments.contains { $0 == "." || $0 == ".." }, "\(form): dot segments in \(path.text)")
            if form != .base { check(!path.text.containsBytes(of: "//"), "\(form): empty segments in \(path.text)") }
            check(!path.text.containsByte("\\") && !path.text.containsByte("#") && !path.text.containsByte("?"), "\(path.text)")
            // Nobody who decodes once or twice and resolves then may see another path above the same last segments.
            for times in 1...2 {
                let decoded = (0..<times).reduce(Array(path.text.utf8)) { bytes, _ in Self.decoded(bytes) }
                let parts = decoded.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                check(
                    !parts.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) },
                    "\(form): decoded \(times) times \(path.text) has dot segments")
            }
        }
    }

    private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16),
                bytes[index + 1].isASCIIHexDigit
            {
                result.append(byte)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
