"""Designs that tests of the security architecture designer start from."""

LINE = """
zones: [{name: internet, trust: 0}, {name: inside, trust: 5}]
components:
  - {name: anybody, kind: external, zone: internet}
  - {name: web, kind: service, zone: inside}
  - {name: db, kind: store, zone: inside, value: 4}
flows:
  - {from: anybody, to: web, protocol: https}
  - {from: web, to: db, protocol: postgresql, authentication: password}
"""
"""anybody → web 0.95 x 0.9 = 0.855; web → db 0.6 x 0.9 = 0.54 in clear, within one zone."""
COMPOSE = """
services:
  proxy:
    image: docker.io/library/nginx:1.27@sha256:00
    ports: ["80:80", "443:443", "127.0.0.1:9000:9000"]
    depends_on: [web]
    networks: [front]
  web:
    image: team/web:2
    user: "1000"
    cap_drop: [ALL]
    depends_on: {db: {condition: service_healthy}, queue: {condition: service_started}}
    networks: [front, back]
  db:
    image: postgres:16
    networks: [back]
  queue:
    image: rabbitmq:3
    networks: [back]
  admin:
    image: adminer
    ports: [{target: 8080, published: 8081}]
    networks: [back]
networks:
  front: {}
  back: {internal: true}
"""
