module avio.example/bench

go 1.19
