extension String {
    /// What precedes the first line end.
    var firstLine: String {
        String(Substring(utf8.prefix { $0 != 0x0A && $0 != 0x0D }))
    }
}
