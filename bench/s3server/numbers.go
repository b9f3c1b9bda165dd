package main

import "strconv"

func least(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func most(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}

// number reads a number; `otherwise` where `text` is none.
func number(text string, otherwise int64) int64 {
	if value, err := strconv.ParseInt(text, 10, 64); err == nil {
		return value
	}
	return otherwise
}
