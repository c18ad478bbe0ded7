import Bytes

extension UInt8 {
    var isASCIILetterOrDigit: Bool { isASCIILetter || isASCIIDigit }
}

extension String {
    /// Without white space, wherever it stands: base64 is broken into lines.
    var withoutASCIIWhitespace: String {
        String(decoding: utf8.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }, as: UTF8.self)
    }

    /// Without the line ends at its end.
    var withoutLastLineEnds: String {
        var bytes = utf8[...]
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
        return String(Substring(bytes))
    }

    /// Without the slashes at its end.
    var withoutLastSlashes: String {
        var bytes = utf8[...]
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
