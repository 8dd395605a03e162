-- wrk asks the bare route with a body as long as a hold's.
wrk.method = "POST"
wrk.body = '{"key":"1764000000123456-12345","wallet":123}'
wrk.headers["Content-Type"] = "application/json"
